// The CPU kernels of copies and conversions, in the order in which they are tried.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset::cpu {

extern const Kernel<Copy> kCopyHighway;
extern const Kernel<Copy> kCopyReference;

}  // namespace cresset::cpu
