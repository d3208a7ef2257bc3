#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/image.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "cudnn_operands.cuh"

namespace cresset::kernels::cudnn {
namespace {

// The first element of the window over it, before the padding is cut off.
struct Corner {
  std::int64_t h, w;
};
__device__ Corner corner_of(const Pool2dProblem& p, const Place& o) {
  return {o.h * p.stride_h - p.pad_h, o.w * p.stride_w - p.pad_w};
}

template <class T>
__global__ void __launch_bounds__(256) to_indices(Pool2dProblem p, Image in, Image out, const T* x, const T* y,
                                                  const std::int8_t* places, std::int64_t* indices) {
  const std::int64_t i = element_index();
  if (i >= out.size()) return;
  const Place o = place_of(out, i);
  const Corner corner = corner_of(p, o);
  std::int64_t index = (corner.h + places[i] / p.S) * p.W + corner.w + places[i] % p.S;
  if (const auto maximum = widen(y[i]); maximum != maximum) {
    for (std::int64_t h = corner.h < 0 ? 0 : corner.h; h < corner.h + p.R && h < p.H; ++h)
      for (std::int64_t w = corner.w < 0 ? 0 : corner.w; w < corner.w + p.S && w < p.W; ++w)
        if (const auto value = widen(x[in.at(o.n, o.c, h, w)]); value != value) index = h * p.W + w;
  }
  indices[i] = index;
}

__global__ void __launch_bounds__(256)
    to_places(Pool2dProblem p, Image out, const std::int64_t* indices, std::int8_t* places) {
  const std::int64_t i = element_index();
  if (i >= out.size()) return;
  const Corner corner = corner_of(p, place_of(out, i));
  const std::int64_t h = indices[i] / p.W, w = indices[i] % p.W;
  places[i] = static_cast<std::int8_t>((h - corner.h) * p.S + w - corner.w);
}

__global__ void __launch_bounds__(256) fill(std::int64_t count, float value, float* values) {
  const std::int64_t i = element_index();
  if (i < count) values[i] = value;
}

__global__ void __launch_bounds__(256) scale(std::int64_t count, float factor, float* values) {
  const std::int64_t i = element_index();
  if (i < count) values[i] *= factor;
}

Image output_of(const Pool2dProblem& p) { return Image(p.N, p.C, p.P, p.Q, p.format); }

}  // namespace

cudaError_t places_to_indices(const Pool2dProblem& p, const void* x, const void* y, const std::int8_t* places,
                              std::int64_t* indices, cudaStream_t stream) {
  const Image in(p.N, p.C, p.H, p.W, p.format), out = output_of(p);
  const auto typed = [&]<class T>() {
    return launch<to_indices<T>>(element_grid(out.size(), 1, stream), p, in, out, static_cast<const T*>(x),
                                 static_cast<const T*>(y), places, indices);
  };
  // What cuDNN pools.
  switch (p.dtype) {
    case kFloat16: return typed.template operator()<__half>();
    case kBFloat16: return typed.template operator()<__nv_bfloat16>();
    default: return typed.template operator()<float>();
  }
}
cudaError_t indices_to_places(const Pool2dProblem& p, const std::int64_t* indices, std::int8_t* places,
                              cudaStream_t stream) {
  const Image out = output_of(p);
  return launch<to_places>(element_grid(out.size(), 1, stream), p, out, indices, places);
}
cudaError_t fill_floats(std::int64_t count, float value, float* values, cudaStream_t stream) {
  return launch<fill>(element_grid(count, 1, stream), count, value, values);
}
cudaError_t scale_floats(std::int64_t count, float factor, float* values, cudaStream_t stream) {
  return launch<scale>(element_grid(count, 1, stream), count, factor, values);
}

}  // namespace cresset::kernels::cudnn
