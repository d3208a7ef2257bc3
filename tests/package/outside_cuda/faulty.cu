// A kernel that goes wrong, to see what its user is told.
#include <cresset/kernels/check_cuda.cuh>
#include <cresset/kernels/launch.cuh>
#include <stdexcept>

#include "kernels.h"

namespace outside {
namespace {

using namespace cresset;

// `step` too large: what is written lies behind the array.
__global__ void write_ones(std::int64_t n, std::int64_t step, float* y) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= n) return;
  y[i * step] = 1;
}

Refusal refuses(const FaultyProblem& p, const Context& context) {
  return p.fault == Fault::refuses
             ? Refusal("needs compute capability 99.0, the device has {}.{}", context.sm / 10, context.sm % 10)
             : Refusal();
}

void run(const FaultyProblem& p, const Context& context, void* y) {
  if (p.fault == Fault::throws) throw std::runtime_error("the table of weights is missing");
  const unsigned threads = p.fault == Fault::launch ? 2048 : 64;
  const std::int64_t step = p.fault == Fault::out_of_bounds ? std::int64_t{1} << 24 : 1;
  const kernels::LaunchConfig config{.grid = dim3(static_cast<unsigned>((p.size + threads - 1) / threads)),
                                     .block = dim3(threads),
                                     .stream = static_cast<cudaStream_t>(context.stream)};
  kernels::check_cuda(kernels::launch<write_ones>(config, p.size, step, static_cast<float*>(y)));
}

}  // namespace

void register_faulty() { register_kernel<Faulty>(DeviceType::cuda, {"faulty", refuses, run}); }

}  // namespace outside
