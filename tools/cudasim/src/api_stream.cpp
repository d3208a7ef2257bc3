// Streams and events.
#include <algorithm>
#include <chrono>

#include "api.h"
#include "work.h"

using namespace cudasim;

namespace {

struct RecordTime final : Work {
  std::shared_ptr<double> time;
  cudaError run(Device&) override {
    *time = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    return cudaSuccess;
  }
};

Device& device_of(const CUstream_st& stream) {
  return *Runtime::instance().devices[static_cast<size_t>(stream.device)];
}

bool known(cudaEvent_t event) { return Runtime::instance().events.contains(event); }

/// Waits that nothing follows yet must still be over before the stream is idle.
void flush_waits(CUstream_st& stream) {
  if (!stream.waits.empty()) append(stream, nullptr);
}

cudaError create(cudaStream_t* stream, unsigned flags, int priority) {
  Device& device = Runtime::instance().current();
  device.streams.push_back(std::make_unique<CUstream_st>());
  CUstream_st& made = *device.streams.back();
  made.device = device.index;
  made.flags = flags;
  made.priority = priority;
  *stream = &made;
  return cudaSuccess;
}

}  // namespace

extern "C" {

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  CUDASIM_CALL;
  return create(stream, cudaStreamDefault, 0);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  CUDASIM_CALL;
  return create(stream, flags, 0);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned int flags, int priority) {
  CUDASIM_CALL;
  return create(stream, flags, priority);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr || target != stream) return remember(cudaErrorInvalidResourceHandle);
  flush_waits(*target);
  target->destroyed = true;
  device_of(*target).streams.remove_if([](auto& s) { return s->destroyed && s->queue.empty(); });
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  if (target->capture) {
    target->capture->invalidated = true;
    return remember(cudaErrorStreamCaptureUnsupported);
  }
  ++call.runtime.counters.synchronisations;
  flush_waits(*target);
  return remember(run_stream(*target));
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  if (target->capture) {
    target->capture->invalidated = true;
    return remember(cudaErrorStreamCaptureUnsupported);
  }
  flush_waits(*target);
  // Time passes: a program that polls comes to an end.
  run_one(device_of(*target));
  call.runtime.memory.close();
  if (device_of(*target).sticky != cudaSuccess) return remember(device_of(*target).sticky);
  if (!target->queue.empty()) return cudaErrorNotReady;
  merge(call.runtime.host_clock, *target->clock);
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr || !known(event)) return remember(cudaErrorInvalidResourceHandle);
  if (const auto capture = event->capture.lock()) {
    // Waiting for a captured event brings a stream into the capture.
    if (target->capture && target->capture != capture) return remember(cudaErrorStreamCaptureMerge);
    target->capture = capture;
    for (const size_t node : event->captured) {
      if (std::find(target->captured.begin(), target->captured.end(), node) == target->captured.end()) {
        target->captured.push_back(node);
      }
    }
    return cudaSuccess;
  }
  if (target->capture && event->recorded) {
    target->capture->invalidated = true;
    return remember(cudaErrorStreamCaptureIsolation);
  }
  if (event->recorded) target->waits.push_back(event->at);
  return cudaSuccess;
}

cudaError_t cudaStreamGetFlags(cudaStream_t stream, unsigned int* flags) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  *flags = target->flags;
  return cudaSuccess;
}

cudaError_t cudaStreamGetPriority(cudaStream_t stream, int* priority) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  *priority = target->priority;
  return cudaSuccess;
}

cudaError_t cudaStreamGetDevice(cudaStream_t stream, int* device) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  *device = target->device;
  return cudaSuccess;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* user_data) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  auto work = std::make_shared<HostWork>();
  work->function = function;
  work->user_data = user_data;
  return remember(append(*target, std::move(work)));
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  CUDASIM_CALL;
  *event = new CUevent_st;
  (*event)->flags = flags;
  (*event)->device = current_device();
  call.runtime.events.insert(*event);
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  Call call;
  if (call.runtime.events.erase(event) == 0) return remember(cudaErrorInvalidResourceHandle);
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr || !known(event) || event->device != target->device) {
    return remember(cudaErrorInvalidResourceHandle);
  }
  event->capture = target->capture;
  event->captured = target->captured;
  if (target->capture) return cudaSuccess;
  auto work = std::make_shared<RecordTime>();
  work->time = event->time = std::make_shared<double>(-1.0);
  const cudaError_t error = append(*target, std::move(work));
  event->recorded = true;
  event->at = {target->progress, target->enqueued, target->clock};
  return remember(error);
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned int) {
  return cudaEventRecord(event, stream);
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  CUDASIM_CALL;
  if (!known(event)) return remember(cudaErrorInvalidResourceHandle);
  if (const auto capture = event->capture.lock()) {
    capture->invalidated = true;
    return remember(cudaErrorCapturedEvent);
  }
  if (!event->recorded) return cudaSuccess;
  if (!event->at.fulfilled()) run_one(*call.runtime.devices[static_cast<size_t>(event->device)]);
  call.runtime.memory.close();
  if (!event->at.fulfilled()) return cudaErrorNotReady;
  merge(call.runtime.host_clock, *event->at.clock);
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  CUDASIM_CALL;
  if (!known(event)) return remember(cudaErrorInvalidResourceHandle);
  if (const auto capture = event->capture.lock()) {
    capture->invalidated = true;
    return remember(cudaErrorCapturedEvent);
  }
  ++call.runtime.counters.synchronisations;
  if (!event->recorded) return cudaSuccess;
  return remember(run_until(*call.runtime.devices[static_cast<size_t>(event->device)], event->at));
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  CUDASIM_CALL;
  if (!known(start) || !known(end) || !start->recorded || !end->recorded ||
      ((start->flags | end->flags) & cudaEventDisableTiming) != 0) {
    return remember(cudaErrorInvalidResourceHandle);
  }
  if (!start->at.fulfilled() || !end->at.fulfilled()) return cudaErrorNotReady;
  *milliseconds = static_cast<float>((*end->time - *start->time) * 1e3);
  return cudaSuccess;
}

}  // extern "C"
