#include "backend/cuda/kernel_list.h"

#include "backend/cuda/kernels.h"

namespace cresset::cuda::backend {

void register_kernels(const DeviceHost& host) {
  add<Binary>(host, kBinaryNative);
  add<Copy>(host, kCopyNative);
  add<Random>(host, kRandomNative);
  add<Reduce>(host, kReduceNative);
  add<Unary>(host, kUnaryNative);
  add<Where>(host, kWhereNative);
}

}  // namespace cresset::cuda::backend
