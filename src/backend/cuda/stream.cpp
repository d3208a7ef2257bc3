#include "backend/cuda/stream.h"

#include <array>
#include <mutex>
#include <vector>

#include "backend/cuda/runtime.h"

namespace cresset::cuda::backend {
namespace {

constexpr std::size_t kStreams = 32;

struct Streams {
  std::mutex mutex;
  std::vector<cudaStream_t> made;
  std::size_t next = 0;
};
Streams& streams_of(int device) {
  static auto* all = new std::array<Streams, 128>;
  return (*all)[static_cast<std::size_t>(device)];
}

cudaEvent_t event_of(void* event) { return static_cast<cudaEvent_t>(event); }

bool is_done(cudaError_t error, const char* what) {
  if (error == cudaErrorNotReady) {
    ignore_error(error);
    return false;
  }
  check_cuda(error, what);
  return true;
}

}  // namespace

void* new_stream(int device) {
  activate(device);
  Streams& streams = streams_of(device);
  const std::scoped_lock lock(streams.mutex);
  if (streams.made.size() < kStreams) {
    cudaStream_t stream = nullptr;
    check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
    streams.made.push_back(stream);
    return stream;
  }
  return streams.made[streams.next++ % kStreams];
}

bool stream_done(int device, void* stream) {
  activate(device);
  return is_done(cudaStreamQuery(stream_of(stream)), "asking a stream");
}

void* new_event(int device, bool timing) {
  activate(device);
  cudaEvent_t event = nullptr;
  check_cuda(cudaEventCreateWithFlags(&event, timing ? cudaEventDefault : cudaEventDisableTiming), "cudaEventCreate");
  return event;
}
void destroy_event(int, void* event) noexcept { ignore_error(cudaEventDestroy(event_of(event))); }
void record_event(int device, void* event, void* stream) {
  activate(device);
  check_cuda(cudaEventRecord(event_of(event), stream_of(stream)), "recording an event");
}
void wait_event(int device, void* stream, void* event) {
  activate(device);
  check_cuda(cudaStreamWaitEvent(stream_of(stream), event_of(event), 0), "waiting for an event on a stream");
}
bool event_done(int device, void* event) {
  activate(device);
  return is_done(cudaEventQuery(event_of(event)), "asking an event");
}
float milliseconds_between(int device, void* first, void* second) {
  activate(device);
  float milliseconds = 0;
  check_cuda(cudaEventElapsedTime(&milliseconds, event_of(first), event_of(second)), "cudaEventElapsedTime");
  return milliseconds;
}

}  // namespace cresset::cuda::backend
