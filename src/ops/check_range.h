// Checks of all elements of a tensor: at once on the CPU, and on a device by a report that the next call that waits
// throws.
#pragma once

#include <cresset/extension/check_range.h>
#include <cresset/tensor.h>

namespace cresset {

// ValueError, with the message of the check.
void check_range(RangeCheck check, const Tensor& x);

}  // namespace cresset
