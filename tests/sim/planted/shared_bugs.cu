// Bugs inside a block: barriers, shared memory, warps.
#include "planted.h"

namespace cresset::kernels::planted {
namespace {

template <class T>
T* device_memory(size_t count) {
  void* pointer = nullptr;
  (void)cudaMalloc(&pointer, count * sizeof(T));
  (void)cudaMemset(pointer, 0, count * sizeof(T));
  return static_cast<T*>(pointer);
}

template <bool kWrong>
__global__ void add_neighbour(int* values) {
  auto& line = shared<int[64]>();
  line[threadIdx.x] = values[threadIdx.x];
  if (!kWrong) __syncthreads();
  values[threadIdx.x] += line[(threadIdx.x + 1) % 64];
}

template <bool kWrong>
__global__ void rotate(int* values) {
  int* line = shared<int[64]>();
  line[threadIdx.x] = values[threadIdx.x];
  __syncthreads();
  values[threadIdx.x] = line[kWrong ? threadIdx.x + 1 : (threadIdx.x + 1) % 64];
}

template <bool kWrong>
__global__ void half_warp_sum(int* values) {
  if (threadIdx.x >= 16) return;
  int sum = values[threadIdx.x];
  for (int by = 8; by != 0; by /= 2) sum += __shfl_down_sync(kWrong ? 0xff00u : 0xffffu, sum, by, 16);
  if (threadIdx.x == 0) values[0] = sum;
}

template <bool kWrong>
__global__ void broadcast(int* values) {
  // Lane 0 has left when the others read it.
  if (kWrong && threadIdx.x == 0) return;
  values[threadIdx.x] = __shfl_sync(0xffffffffu, values[threadIdx.x], 0);
}

template <bool kWrong>
__global__ void partly_filled(float* out) {
  auto& line = shared<float[64]>();
  if (threadIdx.x < (kWrong ? 63 : 64)) line[threadIdx.x] = 1;
  __syncthreads();
  // A maximum swallows a NaN: no output shows the value itself.
  out[threadIdx.x] = line[threadIdx.x] > 0.5f ? 2.0f : 3.0f;
}

template <bool kWrong>
__global__ void part_waits(int* values) {
  if (!kWrong || threadIdx.x < 40) __syncthreads();
  values[threadIdx.x] = 1;
}

template <class Kernel>
void on_64_ints(Kernel start) {
  int* values = device_memory<int>(64);
  start(values);
  (void)cudaDeviceSynchronize();
  (void)cudaFree(values);
}

}  // namespace

void missing_barrier(bool wrong) {
  on_64_ints([&](int* values) {
    (void)(wrong ? launch<add_neighbour<true>>({.grid = 1, .block = 64}, values)
                 : launch<add_neighbour<false>>({.grid = 1, .block = 64}, values));
  });
}

void shared_off_by_one(bool wrong) {
  on_64_ints([&](int* values) {
    (void)(wrong ? launch<rotate<true>>({.grid = 1, .block = 64}, values)
                 : launch<rotate<false>>({.grid = 1, .block = 64}, values));
  });
}

void wrong_shuffle_mask(bool wrong) {
  on_64_ints([&](int* values) {
    (void)(wrong ? launch<half_warp_sum<true>>({.grid = 1, .block = 32}, values)
                 : launch<half_warp_sum<false>>({.grid = 1, .block = 32}, values));
  });
}

void lane_left_out(bool wrong) {
  on_64_ints([&](int* values) {
    (void)(wrong ? launch<broadcast<true>>({.grid = 1, .block = 32}, values)
                 : launch<broadcast<false>>({.grid = 1, .block = 32}, values));
  });
}

void uninitialised_shared(bool wrong) {
  on_64_ints([&](int* values) {
    auto* out = reinterpret_cast<float*>(values);
    (void)(wrong ? launch<partly_filled<true>>({.grid = 1, .block = 64}, out)
                 : launch<partly_filled<false>>({.grid = 1, .block = 64}, out));
  });
}

void divergent_barrier(bool wrong) {
  on_64_ints([&](int* values) {
    (void)(wrong ? launch<part_waits<true>>({.grid = 1, .block = 64}, values)
                 : launch<part_waits<false>>({.grid = 1, .block = 64}, values));
  });
}

}  // namespace cresset::kernels::planted
