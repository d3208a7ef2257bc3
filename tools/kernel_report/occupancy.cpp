// How many blocks of a kernel a multiprocessor holds, by CUDA's own calculator (cuda_occupancy.h).
// Lines `major minor registers static_shared dynamic_shared threads` in, numbers out.
#include <cuda_occupancy.h>

#include <climits>
#include <cstdio>

namespace {

// CUDA programming guide, "Technical Specifications per Compute Capability".
cudaOccDeviceProp gpu_of(int major, int minor) {
  const int sm = 10 * major + minor;
  const int kib = sm == 75 ? 64 : sm == 80 ? 164 : sm == 90 || sm == 100 ? 228 : 100;
  cudaOccDeviceProp p;
  p.computeMajor = major;
  p.computeMinor = minor;
  p.maxThreadsPerBlock = 1024;
  p.maxThreadsPerMultiprocessor = sm == 75 ? 1024 : sm == 80 || sm == 90 || sm == 100 ? 2048 : 1536;
  p.regsPerBlock = p.regsPerMultiprocessor = 65536;
  p.warpSize = 32;
  p.sharedMemPerBlock = 48 << 10;
  p.sharedMemPerMultiprocessor = static_cast<size_t>(kib) << 10;
  p.sharedMemPerBlockOptin = static_cast<size_t>(sm == 75 ? 64 : kib - 1) << 10;
  p.reservedSharedMemPerBlock = sm == 75 ? 0 : 1024;
  p.numSms = 132;
  return p;
}

}  // namespace

int main() {
  int major = 0, minor = 0, registers = 0, threads = 0;
  size_t fixed = 0, dynamic = 0;
  while (std::scanf("%d %d %d %zu %zu %d", &major, &minor, &registers, &fixed, &dynamic, &threads) == 6) {
    const cudaOccDeviceProp gpu = gpu_of(major, minor);
    cudaOccFuncAttributes kernel;
    kernel.maxThreadsPerBlock = threads;
    kernel.numRegs = registers;
    kernel.sharedSizeBytes = fixed;
    kernel.partitionedGCConfig = PARTITIONED_GC_OFF;
    kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
    kernel.maxDynamicSharedSizeBytes = dynamic;
    kernel.numBlockBarriers = 1;
    cudaOccDeviceState state;
    state.carveoutConfig = SHAREDMEM_CARVEOUT_MAX_SHARED;
    cudaOccResult result;
    const auto error = cudaOccMaxActiveBlocksPerMultiprocessor(&result, &gpu, &kernel, &state, threads, dynamic);
    std::printf("%d\n", error == CUDA_OCC_SUCCESS ? result.activeBlocksPerMultiprocessor : 0);
  }
}
