// The types whose products are computed and summed in float32.
#pragma once

#include "common/dtype.cuh"

namespace cresset::kernels {

// f.template operator()<T>() for the kernels' type of float32, float16 or bfloat16; on the host.
template <class F>
void switch_computed_in_float(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32: return f.template operator()<float>();
    case DType::float16: return f.template operator()<__half>();
    default: return f.template operator()<__nv_bfloat16>();
  }
}

}  // namespace cresset::kernels
