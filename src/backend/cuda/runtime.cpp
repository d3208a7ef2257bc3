#include "backend/cuda/runtime.h"

#include <array>
#include <mutex>

#include "backend/cuda/synchronize.h"

namespace cresset::cuda::backend {
namespace {

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

int count_devices() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return count;
  ignore_error(error);
  int driver = 0, runtime = 0;
  ignore_error(cudaDriverGetVersion(&driver));
  ignore_error(cudaRuntimeGetVersion(&runtime));
  check<DeviceError>(driver != 0,
                     "there is no NVIDIA driver (libcuda.so.1) on this machine: install one for CUDA {} or newer",
                     version_text(runtime));
  check<DeviceError>(
      error != cudaErrorInsufficientDriver,
      "the NVIDIA driver is too old: it supports CUDA {}, this build needs CUDA {}; install a newer driver",
      version_text(driver), version_text(runtime));
  check<DeviceError>(error == cudaSuccess || error == cudaErrorNoDevice,
                     "the NVIDIA driver cannot be used: {} ({}); after an update of the driver, restart the machine",
                     cudaGetErrorString(error), cudaGetErrorName(error));
  fail<DeviceError>(
      "there is no CUDA device on this machine, or CUDA_VISIBLE_DEVICES hides it; inside a container, the GPU must be "
      "passed in");
}

constexpr int kMostDevices = 128;  // Device::index has 7 bits

struct PerDevice {
  std::once_flag once;
  cudaStream_t stream = nullptr;
  int sm = 0, multiprocessors = 0;
};
PerDevice& per_device(int device) {
  static auto* all = new std::array<PerDevice, kMostDevices>;
  PerDevice& d = (*all)[static_cast<std::size_t>(device)];
  std::call_once(d.once, [&d, device] {
    check_cuda(cudaSetDevice(device), "cudaSetDevice");
    cudaDeviceProp properties{};
    check_cuda(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    d.sm = 10 * properties.major + properties.minor;
    d.multiprocessors = properties.multiProcessorCount;
    // What was allocated stays with the process until empty_cache().
    cudaMemPool_t pool = nullptr;
    check_cuda(cudaDeviceGetDefaultMemPool(&pool, device), "cudaDeviceGetDefaultMemPool");
    std::uint64_t all_of_it = ~std::uint64_t{0};
    check_cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &all_of_it), "cudaMemPoolSetAttribute");
    check_cuda(cudaStreamCreateWithFlags(&d.stream, cudaStreamDefault), "cudaStreamCreate");
    make_error_word(device, d.stream);
  });
  return d;
}

thread_local int t_device = -1;

// Whether it is what a kernel has done wrong, which every later call gives again.
bool is_sticky(cudaError_t error) {
  if (t_device < 0) return false;
  const cudaError_t again = cudaStreamQuery(per_device(t_device).stream);
  ignore_error(again);
  return again == error;
}

}  // namespace

void ignore_error(cudaError_t error) noexcept {
  if (error != cudaSuccess) static_cast<void>(cudaGetLastError());
}

void check_cuda(cudaError_t error, std::string_view what) {
  if (error == cudaSuccess) [[likely]]
    return;
  ignore_error(error);
  const char* text = cudaGetErrorString(error);
  if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidPtx ||
      error == cudaErrorUnsupportedPtxVersion)
    fail<DeviceError>(
        "{}: this build of cresset has no code for this GPU, of compute capability {}: {}. Install a newer driver, or "
        "build with -DCMAKE_CUDA_ARCHITECTURES={}",
        what, t_device < 0 ? 0 : per_device(t_device).sm, text, t_device < 0 ? 0 : per_device(t_device).sm);
  check<UnsupportedError>(error < cudaErrorStreamCaptureUnsupported || error > cudaErrorStreamCaptureWrongThread,
                          "{}: cannot be captured in a graph: {}", what, text);
  check<OutOfMemoryError>(error != cudaErrorMemoryAllocation, "{}: {}", what, text);
  check<BackendError>(!is_sticky(error),
                      "{}: {} ({}): a kernel has failed, maybe one given to it long before, and cuda:{} cannot be used "
                      "any more in this process",
                      what, text, cudaGetErrorName(error), t_device);
  fail<BackendError>("{}: {} ({})", what, text, cudaGetErrorName(error));
}

int device_count() {
  static const int count = count_devices();
  return count;
}

void activate(int device) {
  if (t_device == device) return;
  check_cuda(cudaSetDevice(device), "cudaSetDevice");
  t_device = device;
}

cudaStream_t default_stream(int device) { return per_device(device).stream; }
int compute_capability(int device) { return per_device(device).sm; }
int multiprocessors(int device) { return per_device(device).multiprocessors; }

}  // namespace cresset::cuda::backend
