// Problem and slot of checks of elements on a device, whose host must not wait for them: what is out of range is
// reported, and thrown as a ValueError by the next call that waits.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>

#include <cstdint>

namespace cresset {

enum class RangeCheck : std::uint8_t {
  probability,  // bernoulli: in [0, 1], floating
  exponent      // pow: not negative, whole numbers
};

struct CheckRangeProblem {
  RangeCheck check;
  DType dtype;
  std::int64_t n;  // dense
};
struct CheckRange {
  static constexpr std::string_view name = "check_range";
  using Problem = CheckRangeProblem;
  using Run = void(const Problem&, const Context&, const void* x);
};

}  // namespace cresset
