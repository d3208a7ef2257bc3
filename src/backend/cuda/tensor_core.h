// What the kernels for tensor cores share: what they refuse.
#pragma once

#include <cresset/extension/kernel.h>

namespace cresset::cuda::backend {

inline Refusal refuse_tensor_core(DType dtype, const Context& context) {
  if (context.sm < 80) return {"needs compute capability 8.0, the device has {}.{}", context.sm / 10, context.sm % 10};
  if (dtype == kFloat32)
    return context.allow_tf32 ? Refusal() : Refusal("float32 would be rounded to tf32, which is not allowed");
  return dtype == kFloat16 || dtype == kBFloat16
             ? Refusal()
             : Refusal("dtype must be float16, bfloat16 or float32, is {}", static_cast<int>(dtype));
}

}  // namespace cresset::cuda::backend
