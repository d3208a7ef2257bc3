// Every kernel of this library, defined in the file of its op.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset::cuda::backend {

extern constinit const Kernel<Binary> kBinaryNative;
extern constinit const Kernel<Copy> kCopyNative;
extern constinit const Kernel<Random> kRandomNative;
extern constinit const Kernel<Reduce> kReduceNative;
extern constinit const Kernel<Unary> kUnaryNative;
extern constinit const Kernel<Where> kWhereNative;

}  // namespace cresset::cuda::backend
