// One launch unscales many gradients: a block finds its own by the number of its first block, as the optimisers' steps.
#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "grad_unscale.cuh"

namespace cresset::kernels {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kElementsOfBlock = 4 * kThreads;
constexpr int kMany = 128;  // arguments of a launch are at most 4 KiB

struct OneGrad {
  void* grad;
  std::int64_t size;
  unsigned first_block;
};
struct Grads {
  OneGrad at[kMany];
  int count;
};

template <class T>
__global__ void __launch_bounds__(256)
    unscale(__grid_constant__ const Grads grads, const float* inv_scale, float* found_inf) {
  using C = Compute<T>;
  int k = grads.count - 1;
  while (grads.at[k].first_block > blockIdx.x) --k;
  const OneGrad& g = grads.at[k];
  auto* grad = static_cast<T*>(g.grad);
  const C factor = *inv_scale;
  const std::int64_t first = (blockIdx.x - g.first_block) * kElementsOfBlock, end = first + kElementsOfBlock;
  bool finite = true;
  for (std::int64_t i = first + threadIdx.x; i < end && i < g.size; i += kThreads) {
    const C value = widen(grad[i]);
    if (!(value - value == 0)) finite = false;  // an infinity or a NaN
    grad[i] = convert<T>(value * factor);
  }
  if (!finite) atomicExch(found_inf, 1.0F);  // whoever comes last writes the same
}

}  // namespace

cudaError_t grad_unscale(const GradUnscaleProblem& p, const ScaledGrad* grads, std::int64_t count,
                         const float* inv_scale, float* found_inf, cudaStream_t stream) {
  cudaError_t error = cudaSuccess;
  const auto typed = [&]<class T>() {
    for (std::int64_t k = 0; k < count && error == cudaSuccess;) {
      Grads group{};
      unsigned blocks = 0;
      for (; k < count && group.count < kMany; ++k) {
        if (grads[k].size == 0) continue;
        group.at[group.count++] = {.grad = grads[k].grad, .size = grads[k].size, .first_block = blocks};
        blocks += static_cast<unsigned>((grads[k].size + kElementsOfBlock - 1) / kElementsOfBlock);
      }
      if (group.count == 0) continue;
      error = launch<unscale<T>>({.grid = dim3(blocks), .block = dim3(kThreads), .stream = stream}, group, inv_scale,
                                 found_inf);
    }
  };
  switch_floating(p.dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, __half>) typed.template operator()<T>();  // GradScaler takes none
  });
  return error;
}

}  // namespace cresset::kernels
