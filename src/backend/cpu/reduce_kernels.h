// The CPU kernels of reductions, in the order in which they are tried.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset::cpu {

extern const Kernel<Reduce> kReduceHighway;
extern const Kernel<Reduce> kReduceReference;

}  // namespace cresset::cpu
