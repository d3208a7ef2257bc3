// Allocation, pools, limits, errors that stay, several devices.
#include "simulator.h"

namespace cresset::kernels {
namespace {

using MemoryTest = Simulator;

__global__ void store(int* to, int value) { *to = value; }
constexpr int kBound = 64;
__global__ void __launch_bounds__(64) bounded() {}
template <class T>
__global__ void __launch_bounds__(kBound) bounded_by_name() {}
template <int kWarps>
__global__ void __launch_bounds__(kWarps * 32) bounded_by_parameter() {}
__global__ void uses_shared(float* out) {
  auto& line = shared<float[13000]>();  // 52,000 bytes
  line[threadIdx.x] = 1;
  out[threadIdx.x] = line[threadIdx.x];
}

void* allocate(size_t bytes) {
  void* pointer = nullptr;
  EXPECT_EQ(cudaMalloc(&pointer, bytes), cudaSuccess);
  return pointer;
}

TEST_F(MemoryTest, OutOfMemoryComesAtTheSizeThatIsSetAndIsNoLastingError) {
  cudasim::Settings settings;
  settings.memory = 1 << 20;
  start(settings);
  void *first = nullptr, *second = nullptr;
  ASSERT_EQ(cudaMalloc(&first, 700 << 10), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&second, 400 << 10), cudaErrorMemoryAllocation);
  EXPECT_EQ(second, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  size_t free = 0, total = 0;
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(total, size_t{1} << 20);
  EXPECT_EQ(free, (size_t{1} << 20) - (700 << 10));
  ASSERT_EQ(cudaFree(first), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&second, 400 << 10), cudaSuccess);
  EXPECT_EQ(cudaMallocAsync(&first, 900 << 10, nullptr), cudaErrorMemoryAllocation);
  ASSERT_EQ(cudaFree(second), cudaSuccess);
  EXPECT_EQ(cudasim::counters().allocations, 0u);
  EXPECT_EQ(reports(), "");
}

unsigned long long pool_figure(cudaMemPoolAttr attribute) {
  cudaMemPool_t pool = nullptr;
  unsigned long long figure = 0;
  EXPECT_EQ(cudaDeviceGetDefaultMemPool(&pool, 0), cudaSuccess);
  EXPECT_EQ(cudaMemPoolGetAttribute(pool, attribute, &figure), cudaSuccess);
  return figure;
}

TEST_F(MemoryTest, PoolsCountWhatIsUsedAndWhatIsKept) {
  cudaStream_t stream = nullptr;
  cudaMemPool_t pool = nullptr;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  ASSERT_EQ(cudaDeviceGetDefaultMemPool(&pool, 0), cudaSuccess);
  unsigned long long threshold = 2048;
  ASSERT_EQ(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold), cudaSuccess);
  void *a = nullptr, *b = nullptr;
  ASSERT_EQ(cudaMallocAsync(&a, 1000, stream), cudaSuccess);
  ASSERT_EQ(cudaMallocAsync(&b, 4096, stream), cudaSuccess);
  EXPECT_EQ(pool_figure(cudaMemPoolAttrUsedMemCurrent), 1024u + 4096u);
  ASSERT_EQ(cudaFreeAsync(b, stream), cudaSuccess);
  ASSERT_EQ(cudaFreeAsync(a, stream), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(pool_figure(cudaMemPoolAttrUsedMemCurrent), 0u);
  EXPECT_EQ(pool_figure(cudaMemPoolAttrUsedMemHigh), 5120u);
  EXPECT_EQ(pool_figure(cudaMemPoolAttrReservedMemCurrent), 2048u);
  ASSERT_EQ(cudaMemPoolTrimTo(pool, 0), cudaSuccess);
  EXPECT_EQ(pool_figure(cudaMemPoolAttrReservedMemCurrent), 0u);
  EXPECT_EQ(cudaFreeAsync(a, stream), cudaErrorInvalidValue);
  EXPECT_NE(reports().find("double free"), std::string::npos);
}

TEST_F(MemoryTest, CopiesStayInsideTheirAllocations) {
  char* device = static_cast<char*>(allocate(100));
  char host[200] = {};
  EXPECT_EQ(cudaMemcpy(device, host, 101, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_NE(reports().find("out of bounds: copy to bytes 0 to 101 of an allocation of 100 bytes"), std::string::npos);
  EXPECT_EQ(cudaMemset(device + 50, 0, 51), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(host, host + 100, 8, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_NE(reports().find("wrong copy direction"), std::string::npos);
  for (int i = 0; i < 12; ++i) host[i] = static_cast<char>(i);
  ASSERT_EQ(cudaMemcpy2D(device, 8, host, 4, 3, 3, cudaMemcpyHostToDevice), cudaSuccess);
  const auto rows = host_copy(device, 24);
  EXPECT_EQ(rows[0], 0);
  EXPECT_EQ(rows[9], 5);
  EXPECT_EQ(rows[18], 10);
  EXPECT_EQ(rows[3], static_cast<char>(0xff)) << "fresh memory is poisoned, and the gap stays as it was";
}

TEST_F(MemoryTest, PointersSayWhatTheyAre) {
  void *device = allocate(100), *pinned = nullptr;
  int pageable = 0;
  ASSERT_EQ(cudaHostAlloc(&pinned, 100, cudaHostAllocDefault), cudaSuccess);
  cudaPointerAttributes attributes{};
  ASSERT_EQ(cudaPointerGetAttributes(&attributes, static_cast<char*>(device) + 99), cudaSuccess);
  EXPECT_EQ(attributes.type, cudaMemoryTypeDevice);
  ASSERT_EQ(cudaPointerGetAttributes(&attributes, pinned), cudaSuccess);
  EXPECT_EQ(attributes.type, cudaMemoryTypeHost);
  ASSERT_EQ(cudaPointerGetAttributes(&attributes, &pageable), cudaSuccess);
  EXPECT_EQ(attributes.type, cudaMemoryTypeUnregistered);
  ASSERT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

#if !CUDASIM_ASAN && !CUDASIM_TSAN
TEST_F(MemoryTest, AFailedKernelFailsEveryLaterCall) {
  int* device = static_cast<int*>(allocate(4));
  ASSERT_EQ(launch<store>({.grid = 1, .block = 1}, static_cast<int*>(nullptr), 1), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(launch<store>({.grid = 1, .block = 1}, device, 1), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaFree(device), cudaErrorIllegalAddress);
  EXPECT_NE(reports().find("illegal address: kernel store, block (0,0,0), thread (0,0,0)"), std::string::npos);
  ASSERT_EQ(cudaDeviceReset(), cudaSuccess);
  device = static_cast<int*>(allocate(4));
  ASSERT_EQ(launch<store>({.grid = 1, .block = 1}, device, 7), cudaSuccess);
  EXPECT_EQ(host_copy(device, 1)[0], 7);
}

TEST_F(MemoryTest, ADeviceTouchesAnothersMemoryOnlyAsAPeer) {
  cudasim::Settings settings;
  settings.devices = 2;
  for (const bool peer : {true, false}) {
    start(settings);
    ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
    int* other = static_cast<int*>(allocate(4));
    ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
    if (peer) {
      ASSERT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaSuccess);
    }
    ASSERT_EQ(launch<store>({.grid = 1, .block = 1}, other, 7), cudaSuccess);
    EXPECT_EQ(cudaDeviceSynchronize(), peer ? cudaSuccess : cudaErrorIllegalAddress);
    EXPECT_EQ(reports().find("memory of another device") == std::string::npos, peer);
  }
}
#endif

TEST_F(MemoryTest, LaunchesAreHeldToTheLimitsOfTheGpu) {
  EXPECT_EQ(launch<bounded>({.grid = 0, .block = 1}), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch<bounded>({.grid = dim3(1, 65536), .block = 1}), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch<bounded>({.grid = 1, .block = dim3(1, 1, 65)}), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch<store>({.grid = 1, .block = 1025}, nullptr, 0), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch<bounded>({.grid = 1, .block = 64}), cudaSuccess);
  if (CUDASIM_KNOWS_LAUNCH_BOUNDS) {
    EXPECT_EQ(launch<bounded>({.grid = 1, .block = 65}), cudaErrorLaunchOutOfResources);
    EXPECT_EQ(launch<bounded_by_name<float>>({.grid = 1, .block = 65}), cudaErrorLaunchOutOfResources);
    EXPECT_EQ(launch<bounded_by_name<float>>({.grid = 1, .block = 64}), cudaSuccess);
    EXPECT_EQ(launch<bounded_by_parameter<3>>({.grid = 1, .block = 97}), cudaErrorLaunchOutOfResources);
    EXPECT_EQ(launch<bounded_by_parameter<3>>({.grid = 1, .block = 96}), cudaSuccess);
  }
  const struct {
    int sm;
    size_t most;
  } gpus[] = {{75, 64 << 10}, {80, 163 << 10}, {90, 227 << 10}};
  for (const auto& gpu : gpus) {
    cudasim::Settings settings;
    settings.sm = gpu.sm;
    start(settings);
    EXPECT_EQ(launch<bounded>({.grid = 1, .block = 1, .dynamic_shared = gpu.most}), cudaSuccess) << gpu.sm;
    EXPECT_EQ(launch<bounded>({.grid = 1, .block = 1, .dynamic_shared = gpu.most + 1}), cudaErrorInvalidValue)
        << gpu.sm;
    cudaDeviceProp properties{};
    ASSERT_EQ(cudaGetDeviceProperties(&properties, 0), cudaSuccess);
    EXPECT_EQ(properties.major * 10 + properties.minor, gpu.sm);
    EXPECT_NE(std::string(properties.name).find("simulated"), std::string::npos);
  }
}

TEST_F(MemoryTest, StaticSharedMemoryEndsAt48KiB) {
  float* out = static_cast<float*>(allocate(128));
  ASSERT_EQ(launch<uses_shared>({.grid = 1, .block = 32}, out), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchOutOfResources);
  EXPECT_NE(reports().find("launch over a limit: kernel uses_shared"), std::string::npos);
}

TEST_F(MemoryTest, NoDeviceIsAnError) {
  cudasim::Settings settings;
  settings.devices = 0;
  start(settings);
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  EXPECT_EQ(count, 0);
  void* pointer = nullptr;
  EXPECT_EQ(cudaMalloc(&pointer, 4), cudaErrorNoDevice);
  EXPECT_STREQ(cudaGetErrorName(cudaErrorNoDevice), "cudaErrorNoDevice");
  EXPECT_STREQ(cudaGetErrorString(cudaErrorNoDevice), "no CUDA-capable device is detected");
}

}  // namespace
}  // namespace cresset::kernels
