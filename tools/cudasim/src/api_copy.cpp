// Copies and fills.
#include <cstring>

#include "api.h"
#include "report.h"
#include "work.h"

using namespace cudasim;

namespace {

enum class Side { kDevice, kPinned, kPageable };

Side side_of(const void* pointer) {
  Memory& memory = Runtime::instance().memory;
  if (memory.find(pointer) != nullptr) return Side::kDevice;
  return memory.pinned(pointer, 1) ? Side::kPinned : Side::kPageable;
}

/// Whether `bytes` from the pointer on lie inside its allocation; host memory is not known, and passes.
bool inside(const void* pointer, size_t bytes, const char* what) {
  const Allocation* a = Runtime::instance().memory.find(pointer);
  if (a == nullptr) return true;
  const auto offset = static_cast<size_t>(static_cast<const char*>(pointer) - a->base);
  if (offset + bytes <= a->bytes) return true;
  report("out of bounds", format("%s bytes %zu to %zu of an allocation of %zu bytes on device %d", what, offset,
                                 offset + bytes, a->bytes, a->device));
  return false;
}

bool fits(cudaMemcpyKind kind, Side to, Side from) {
  const bool to_device = to == Side::kDevice, from_device = from == Side::kDevice;
  switch (kind) {
    case cudaMemcpyHostToHost: return !to_device && !from_device;
    case cudaMemcpyHostToDevice: return to_device && !from_device;
    case cudaMemcpyDeviceToHost: return !to_device && from_device;
    case cudaMemcpyDeviceToDevice: return to_device && from_device;
    default: return true;
  }
}

struct Area {
  size_t to_pitch, from_pitch, width, height;
};

cudaError copy(void* to, const void* from, Area area, cudaMemcpyKind kind, cudaStream_t stream, bool wait) {
  Runtime& runtime = Runtime::instance();
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return cudaErrorInvalidResourceHandle;
  if (kind > cudaMemcpyDefault) return cudaErrorInvalidMemcpyDirection;
  if (area.width == 0 || area.height == 0) return cudaSuccess;
  if (to == nullptr || from == nullptr) return cudaErrorInvalidValue;
  if (area.height > 1 && (area.width > area.to_pitch || area.width > area.from_pitch))
    return cudaErrorInvalidPitchValue;
  const Side to_side = side_of(to), from_side = side_of(from);
  if (!fits(kind, to_side, from_side)) {
    report("wrong copy direction", format("kind %d, but %p is %s and %p is %s", static_cast<int>(kind), to,
                                          to_side == Side::kDevice ? "device memory" : "not device memory", from,
                                          from_side == Side::kDevice ? "device memory" : "not device memory"));
    return cudaErrorInvalidValue;
  }
  const size_t to_bytes = area.to_pitch * (area.height - 1) + area.width;
  const size_t from_bytes = area.from_pitch * (area.height - 1) + area.width;
  if (!inside(to, to_bytes, "copy to") || !inside(from, from_bytes, "copy from")) return cudaErrorInvalidValue;
  auto work = std::make_shared<CopyWork>();
  work->to = to;
  work->from = from;
  work->to_pitch = area.to_pitch;
  work->from_pitch = area.from_pitch;
  work->width = area.width;
  work->height = area.height;
  // A replay reads and writes what is there then.
  const bool captured = target->capture != nullptr;
  if (from_side == Side::kPageable && !wait && !captured) {
    work->staged.resize(area.width * area.height);
    for (size_t row = 0; row < area.height; ++row) {
      std::memcpy(work->staged.data() + row * area.width, static_cast<const char*>(from) + row * area.from_pitch,
                  area.width);
    }
  }
  if (const cudaError error = append(*target, std::move(work)); error != cudaSuccess) return error;
  if (captured) return cudaSuccess;
  // An asynchronous copy to pageable memory is none: CUDA returns when it is done.
  if (wait ? to_side != Side::kDevice || from_side != Side::kDevice : to_side == Side::kPageable) {
    ++runtime.counters.synchronisations;
    return run_stream(*target);
  }
  return cudaSuccess;
}

cudaError fill(void* to, size_t pitch, int value, size_t width, size_t height, cudaStream_t stream) {
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return cudaErrorInvalidResourceHandle;
  if (width == 0 || height == 0) return cudaSuccess;
  const Side side = side_of(to);
  if (side == Side::kPageable || (height > 1 && width > pitch)) return cudaErrorInvalidValue;
  if (!inside(to, pitch * (height - 1) + width, "fill of")) return cudaErrorInvalidValue;
  auto work = std::make_shared<FillWork>();
  work->to = to;
  work->pitch = pitch;
  work->width = width;
  work->height = height;
  work->value = value;
  return append(*target, std::move(work));
}

}  // namespace

extern "C" {

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  CUDASIM_UNCAPTURED_CALL;
  return remember(copy(to, from, {bytes, bytes, bytes, 1}, kind, nullptr, true));
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  CUDASIM_CALL;
  return remember(copy(to, from, {bytes, bytes, bytes, 1}, kind, stream, false));
}

cudaError_t cudaMemcpyPeer(void* to, int, const void* from, int, size_t bytes) {
  return cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToDevice);
}

cudaError_t cudaMemcpyPeerAsync(void* to, int, const void* from, int, size_t bytes, cudaStream_t stream) {
  return cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream);
}

cudaError_t cudaMemcpy2D(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height,
                         cudaMemcpyKind kind) {
  CUDASIM_UNCAPTURED_CALL;
  return remember(copy(to, from, {to_pitch, from_pitch, width, height}, kind, nullptr, true));
}

cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t stream) {
  CUDASIM_CALL;
  return remember(copy(to, from, {to_pitch, from_pitch, width, height}, kind, stream, false));
}

cudaError_t cudaMemset(void* pointer, int value, size_t bytes) {
  CUDASIM_UNCAPTURED_CALL;
  return remember(fill(pointer, bytes, value, bytes, 1, nullptr));
}

cudaError_t cudaMemsetAsync(void* pointer, int value, size_t bytes, cudaStream_t stream) {
  CUDASIM_CALL;
  return remember(fill(pointer, bytes, value, bytes, 1, stream));
}

cudaError_t cudaMemset2D(void* pointer, size_t pitch, int value, size_t width, size_t height) {
  CUDASIM_UNCAPTURED_CALL;
  return remember(fill(pointer, pitch, value, width, height, nullptr));
}

cudaError_t cudaMemset2DAsync(void* pointer, size_t pitch, int value, size_t width, size_t height,
                              cudaStream_t stream) {
  CUDASIM_CALL;
  return remember(fill(pointer, pitch, value, width, height, stream));
}

}  // extern "C"
