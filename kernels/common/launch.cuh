// The one way to launch a kernel, the same for nvcc and for the simulator.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <utility>

namespace cresset::kernels {

struct LaunchConfig {
  dim3 grid;
  dim3 block;
  size_t dynamic_shared = 0;  // bytes
  cudaStream_t stream = nullptr;
};

/// A kernel takes 48 KiB of shared memory unasked, of both kinds together. With more than 32 dynamic ones it is asked:
/// none of ours has more than 16 static ones beside them.
template <auto kKernel>
cudaError_t allow_shared(size_t dynamic) {
  if (dynamic <= size_t{32} << 10) return cudaSuccess;
  return cudaFuncSetAttribute(kKernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(dynamic));
}

#ifdef __CUDASIM__

template <auto kKernel, class... A>
[[nodiscard]] cudaError_t launch(const LaunchConfig& config, A&&... arguments) {
  if (const cudaError_t error = allow_shared<kKernel>(config.dynamic_shared); error != cudaSuccess) return error;
  return cudasim::launch<kKernel>(kKernel, config.grid, config.block, config.dynamic_shared, config.stream,
                                  std::forward<A>(arguments)...);
}

#else

template <auto kKernel, class... P, class... A>
cudaError_t launch_as(void (*kernel)(P...), const LaunchConfig& config, A&&... arguments) {
  static_assert(sizeof...(P) == sizeof...(A), "a kernel is launched with as many arguments as it has parameters");
  cudaLaunchConfig_t launched{};
  launched.gridDim = config.grid;
  launched.blockDim = config.block;
  launched.dynamicSmemBytes = config.dynamic_shared;
  launched.stream = config.stream;
  return cudaLaunchKernelEx(&launched, kernel, static_cast<P>(std::forward<A>(arguments))...);
}

/// Launches `kKernel` with the arguments converted to its parameters. The error is the launch's own; what the kernel
/// does wrong comes from a later call.
template <auto kKernel, class... A>
[[nodiscard]] cudaError_t launch(const LaunchConfig& config, A&&... arguments) {
  if (const cudaError_t error = allow_shared<kKernel>(config.dynamic_shared); error != cudaSuccess) return error;
  return launch_as<kKernel>(kKernel, config, std::forward<A>(arguments)...);
}

#endif

}  // namespace cresset::kernels
