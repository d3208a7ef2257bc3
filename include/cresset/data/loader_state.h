// Where a DataLoader is, for checkpoints.
#pragma once

#include <cresset/random.h>

#include <cstdint>
#include <optional>

namespace cresset::data {

// Everything that the rest of the data depends on, given the same data set and options (the process's default generator
// apart, which seeds later passes where the loader has no generator of its own).
struct LoaderState {
  std::uint64_t epoch = 0;  // passes begun and ended before this one
  std::uint64_t batch = 0;  // batches of this pass that the loop has got
  bool open = false;        // a pass is under way, and `seed` is its seed
  std::uint64_t seed = 0;
  std::optional<Generator::State> generator = {};  // of the loader's own generator
  friend bool operator==(const LoaderState&, const LoaderState&) = default;
};

}  // namespace cresset::data
