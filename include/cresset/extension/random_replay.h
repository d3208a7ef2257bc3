// Problem and slot of random numbers in a CUDA graph: seed and offset of the stream come from the device's memory,
// where each replay finds new ones.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset {

struct RandomReplayProblem {
  RandomProblem draw;          // seed and offset are not read
  const std::uint64_t* start;  // on the device: seed and offset
};
struct RandomReplay {
  static constexpr std::string_view name = "random.replayed";
  using Problem = RandomReplayProblem;
  using Run = void(const Problem&, const Context&, void* y);
};

}  // namespace cresset
