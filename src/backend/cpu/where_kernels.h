// The CPU kernels of choice between two operands, in the order in which they are tried.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset::cpu {

extern const Kernel<Where> kWhereHighway;
extern const Kernel<Where> kWhereReference;

}  // namespace cresset::cpu
