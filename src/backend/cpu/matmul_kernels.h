// The CPU kernels of matmul, in the order in which they are tried.
#pragma once

#include <cresset/extension/matmul.h>

namespace cresset::cpu {

extern const Kernel<Matmul> kMatmulHighway;
extern const Kernel<Matmul> kMatmulOnednn;  // only where the library is built with oneDNN
extern const Kernel<Matmul> kMatmulReference;

}  // namespace cresset::cpu
