// Copies between host and devices. Memory of the host that is not pinned is copied through blocks that are, so that
// sending something to a device never waits for it.
#include "backend/cuda/copy_bytes.h"

#include <algorithm>
#include <cstring>

#include "backend/cuda/memory.h"
#include "backend/cuda/synchronize.h"

namespace cresset::cuda::backend {
namespace {

constexpr std::size_t kStage = 16 << 20;

void send_staged(const ByteCopy& c) {
  for (std::size_t at = 0; at < c.bytes; at += kStage) {
    const std::size_t bytes = std::min(kStage, c.bytes - at);
    void* stage = allocate_pinned(bytes);
    std::memcpy(stage, static_cast<const char*>(c.from) + at, bytes);
    const cudaError_t error =
        cudaMemcpyAsync(static_cast<char*>(c.to) + at, stage, bytes, cudaMemcpyHostToDevice, stream_of(c.to_stream));
    if (error == cudaSuccess) record_pinned_use(stage, c.to_device, stream_of(c.to_stream));
    release_pinned(stage);
    check_cuda(error, "copying to a device");
  }
}

void send(const ByteCopy& c) {
  if (!is_pinned(c.from)) return send_staged(c);
  check_cuda(cudaMemcpyAsync(c.to, c.from, c.bytes, cudaMemcpyHostToDevice, stream_of(c.to_stream)),
             "copying to a device");
  if (c.non_blocking)
    record_pinned_use(c.from, c.to_device, stream_of(c.to_stream));
  else
    synchronize_stream(c.to_device, c.to_stream);
}

void fetch(const ByteCopy& c) {
  check_cuda(cudaMemcpyAsync(c.to, c.from, c.bytes, cudaMemcpyDeviceToHost, stream_of(c.from_stream)),
             "copying from a device");
  if (c.non_blocking && is_pinned(c.to))
    record_pinned_use(c.to, c.from_device, stream_of(c.from_stream));
  else
    synchronize_stream(c.from_device, c.from_stream);
}

// `later` waits for what `first` has been given.
void order(int first_device, cudaStream_t first, int later_device, cudaStream_t later) {
  cudaEvent_t event = nullptr;
  activate(first_device);
  check_cuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreate");
  cudaError_t error = cudaEventRecord(event, first);
  activate(later_device);
  if (error == cudaSuccess) error = cudaStreamWaitEvent(later, event, 0);
  ignore_error(cudaEventDestroy(event));
  check_cuda(error, "ordering two streams");
}

void pass(const ByteCopy& c) {
  cudaStream_t from = stream_of(c.from_stream), to = stream_of(c.to_stream);
  order(c.from_device, from, c.to_device, to);
  check_cuda(cudaMemcpyPeerAsync(c.to, c.to_device, c.from, c.from_device, c.bytes, to), "copying between devices");
  order(c.to_device, to, c.from_device, from);
}

}  // namespace

void copy_bytes(const ByteCopy& c) {
  activate(c.to_device < 0 ? c.from_device : c.to_device);
  if (c.from_device < 0)
    send(c);
  else if (c.to_device < 0)
    fetch(c);
  else
    pass(c);
}

}  // namespace cresset::cuda::backend
