// The CPU kernels of random numbers, in the order in which they are tried.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset::cpu {

extern const Kernel<Random> kRandomHighway;
extern const Kernel<Random> kRandomReference;

}  // namespace cresset::cpu
