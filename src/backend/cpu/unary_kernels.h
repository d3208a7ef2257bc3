// The CPU kernels of element-wise functions of one operand, in the order in which they are tried.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset::cpu {

extern const Kernel<Unary> kUnaryHighway;
extern const Kernel<Unary> kUnaryReference;

// What no kernel of this device takes.
Refusal refuse_unary(const UnaryProblem& p, const Context&);

}  // namespace cresset::cpu
