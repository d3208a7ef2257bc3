// Bugs in device memory, in launches and between streams.
#include <cstdio>

#include "planted.h"

namespace cresset::kernels::planted {
namespace {

float* device_floats(size_t count) {
  void* pointer = nullptr;
  (void)cudaMalloc(&pointer, count * sizeof(float));
  (void)cudaMemset(pointer, 0, count * sizeof(float));
  return static_cast<float*>(pointer);
}

template <bool kWrong>
__global__ void count_blocks(int* counter) {
  if (threadIdx.x != 0) return;
  if (kWrong) {
    *counter += 1;
  } else {
    atomicAdd(counter, 1);
  }
}

__global__ void scale_all(float* values, int last) {
  const int i = static_cast<int>(threadIdx.x + blockIdx.x * blockDim.x);
  if (i <= last) values[i] *= 2;
}

__global__ void read_one(const float* values, float* out) { *out = values[0]; }

__global__ void nothing() {}

__global__ void __launch_bounds__(96) bounded() {}

__global__ void load_four(const float* values, float* out) {
  const float4 four = *reinterpret_cast<const float4*>(values);
  *out = four.x + four.w;
}

__global__ void produce(float* values) { values[threadIdx.x] = 1; }
__global__ void consume(const float* values, float* out) { out[threadIdx.x] = values[threadIdx.x]; }
__global__ void read_slowly(const float* values, float* out) { out[threadIdx.x] = values[threadIdx.x]; }

struct Streams {
  cudaStream_t first = nullptr, second = nullptr;
  cudaEvent_t event = nullptr;
  Streams() {
    (void)cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking);
    (void)cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking);
    (void)cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
  }
  ~Streams() {
    (void)cudaEventDestroy(event);
    (void)cudaStreamDestroy(second);
    (void)cudaStreamDestroy(first);
  }
};

}  // namespace

void race_between_blocks(bool wrong) {
  auto* counter = reinterpret_cast<int*>(device_floats(1));
  (void)(wrong ? launch<count_blocks<true>>({.grid = 3, .block = 32}, counter)
               : launch<count_blocks<false>>({.grid = 3, .block = 32}, counter));
  (void)cudaDeviceSynchronize();
  (void)cudaFree(counter);
}

void global_off_by_one(bool wrong) {
  float* values = device_floats(100);
  (void)launch<scale_all>({.grid = 4, .block = 32}, values, wrong ? 100 : 99);
  (void)cudaDeviceSynchronize();
  (void)cudaFree(values);
}

void host_read(bool wrong) {
  float* values = device_floats(64);
  float value = 0;
  if (wrong) {
    value = values[3];
  } else {
    (void)cudaMemcpy(&value, values + 3, sizeof value, cudaMemcpyDeviceToHost);
  }
  if (value != 0) std::printf("not zero\n");
  (void)cudaFree(values);
}

void use_after_free(bool wrong) {
  float *values = device_floats(64), *out = device_floats(1);
  if (wrong) (void)cudaFree(values);
  (void)launch<read_one>({.grid = 1, .block = 1}, values, out);
  (void)cudaDeviceSynchronize();
  if (!wrong) (void)cudaFree(values);
  (void)cudaFree(out);
}

void double_free(bool wrong) {
  float* values = device_floats(64);
  (void)cudaFree(values);
  if (wrong) (void)cudaFree(values);
}

void leak(bool wrong) {
  float* values = device_floats(250);
  if (!wrong) (void)cudaFree(values);
}

void too_many_threads(bool wrong) { (void)launch<nothing>({.grid = 1, .block = wrong ? 1025u : 1024u}); }

void too_much_shared(bool wrong) {
  // Past launch<>, which would ask for what is over 48 KiB.
  (void)cudasim::launch<nothing>(nothing, dim3(1), dim3(1), wrong ? 60000 : 40000, nullptr);
}

void over_launch_bounds(bool wrong) { (void)launch<bounded>({.grid = 1, .block = wrong ? 128u : 96u}); }

void misaligned_load(bool wrong) {
  float *values = device_floats(64), *out = device_floats(1);
  (void)launch<load_four>({.grid = 1, .block = 1}, values + (wrong ? 1 : 4), out);
  (void)cudaDeviceSynchronize();
  (void)cudaFree(values);
  (void)cudaFree(out);
}

void missing_event(bool wrong) {
  Streams streams;
  float *values = device_floats(64), *out = device_floats(64);
  (void)cudaDeviceSynchronize();
  (void)launch<produce>({.grid = 1, .block = 64, .stream = streams.first}, values);
  (void)cudaEventRecord(streams.event, streams.first);
  if (!wrong) (void)cudaStreamWaitEvent(streams.second, streams.event, 0);
  (void)launch<consume>({.grid = 1, .block = 64, .stream = streams.second}, values, out);
  (void)cudaDeviceSynchronize();
  (void)cudaFree(values);
  (void)cudaFree(out);
}

void freed_on_another_stream(bool wrong) {
  Streams streams;
  float* out = device_floats(64);
  void* values = nullptr;
  (void)cudaMallocAsync(&values, 256, streams.first);
  (void)cudaMemsetAsync(values, 0, 256, streams.first);
  (void)cudaStreamSynchronize(streams.first);
  (void)cudaDeviceSynchronize();
  (void)launch<read_slowly>({.grid = 1, .block = 64, .stream = streams.second}, static_cast<float*>(values), out);
  if (!wrong) {
    (void)cudaEventRecord(streams.event, streams.second);
    (void)cudaStreamWaitEvent(streams.first, streams.event, 0);
  }
  (void)cudaFreeAsync(values, streams.first);
  (void)cudaDeviceSynchronize();
  (void)cudaFree(out);
}

}  // namespace cresset::kernels::planted
