// The CPU kernels of element-wise functions of two operands, in the order in which they are tried.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset::cpu {

extern const Kernel<Binary> kBinaryHighway;
extern const Kernel<Binary> kBinaryReference;

// What no kernel of this device takes.
Refusal refuse_binary(const BinaryProblem& p, const Context&);

}  // namespace cresset::cpu
