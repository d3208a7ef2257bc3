// What the core finds in this library.
#include "backend/cuda/copy_bytes.h"
#include "backend/cuda/graph.h"
#include "backend/cuda/kernel_list.h"
#include "backend/cuda/libraries.h"
#include "backend/cuda/memory.h"
#include "backend/cuda/stream.h"
#include "backend/cuda/synchronize.h"
#include "device_build.h"

namespace cresset::cuda::backend {
namespace {

void read_properties(int device, DeviceProperties& out) {
  cudaDeviceProp p{};
  check_cuda(cudaGetDeviceProperties(&p, device), "cudaGetDeviceProperties");
  fmt::format_to_n(out.name, sizeof out.name - 1, "{}", p.name);  // the simulator says so in the name
  out.major = p.major;
  out.minor = p.minor;
  out.multiprocessors = p.multiProcessorCount;
  out.warp_size = p.warpSize;
  out.total_memory = static_cast<std::int64_t>(p.totalGlobalMem);
  out.shared_memory_per_block = static_cast<std::int64_t>(p.sharedMemPerBlockOptin);
  out.l2_cache = p.l2CacheSize;
}

void* enter(int device) {
  activate(device);
  return default_stream(device);
}

constexpr DeviceFunctions kFunctions = {
    .simulated = kDeviceSimulated,
    .device_count = device_count,
    .properties = read_properties,
    .enter = enter,
    .allocate = allocate,
    .release = release,
    .record_use = record_use,
    .allocate_pinned = allocate_pinned,
    .release_pinned = release_pinned,
    .copy = copy_bytes,
    .synchronize_device = synchronize_device,
    .synchronize_stream = synchronize_stream,
    .synchronizations = synchronizations,
    .new_stream = new_stream,
    .stream_done = stream_done,
    .new_event = new_event,
    .destroy_event = destroy_event,
    .record_event = record_event,
    .wait_event = wait_event,
    .event_done = event_done,
    .synchronize_event = synchronize_event,
    .milliseconds_between = milliseconds_between,
    .begin_capture = begin_capture,
    .end_capture = end_capture,
    .replay = replay,
    .destroy_graph = destroy_graph,
    .memory_stats = read_memory_stats,
    .reset_peak_memory_stats = reset_peak,
    .empty_cache = give_back_unused,
    .set_memory_limit = limit_memory,
    .libraries = list_libraries,
    .cudnn_engine = last_cudnn_engine,
};

}  // namespace
}  // namespace cresset::cuda::backend

extern "C" __attribute__((visibility("default"))) const char* cresset_cuda_backend(
    const char* build_id, const cresset::DeviceHost& host, const cresset::DeviceFunctions*& functions) {
  if (std::string_view(build_id) == cresset::kDeviceBuildId) {
    cresset::cuda::backend::register_kernels(host);
    functions = &cresset::cuda::backend::kFunctions;
  }
  return cresset::kDeviceBuildId;
}
