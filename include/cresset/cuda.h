// CUDA devices: streams, events, memory, properties. No CUDA header is needed to include this.
//
// Work on a device runs on the calling thread's current stream, in the order in which it was given, while the host goes
// on. item(), cpu(), printing and comparing wait for it. An error that a kernel finds (a label out of range) is thrown
// by the next call that waits.
#pragma once

#include <cresset/device.h>
#include <cresset/export.h>

#include <cstdint>
#include <memory>
#include <string>

namespace cresset {

class Tensor;

namespace cuda {

// Whether the devices are simulated on the processor: slow, and no measure of a GPU. False where there is no device.
CRESSET_API bool is_simulated() noexcept;
// Why no device can be used, with what to install; "" where one can.
CRESSET_API std::string unavailable_reason();

struct DeviceProperties {
  char name[256] = {};
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  int warp_size = 32;
  std::int64_t total_memory = 0;             // bytes
  std::int64_t shared_memory_per_block = 0;  // bytes, the most that a kernel can ask for
  std::int64_t l2_cache = 0;                 // bytes
};
// DeviceError where the device cannot be used.
CRESSET_API DeviceProperties get_device_properties(const Device& device = DeviceType::cuda);

// Waits for all work on the device. Throws what a kernel has reported since the last wait.
CRESSET_API void synchronize(const Device& device = DeviceType::cuda);
// How often the host has waited for a device in this process, by whatever call. Stands still in a training loop that
// reads nothing back.
CRESSET_API std::int64_t synchronization_count() noexcept;

struct MemoryStats {
  std::int64_t allocated = 0;       // bytes that live tensors hold
  std::int64_t peak_allocated = 0;  // the most since the start or the last reset
  std::int64_t reserved = 0;        // bytes that the pool holds, used or kept for the next tensors
  std::int64_t allocations = 0;     // how many were made
};
CRESSET_API MemoryStats memory_stats(const Device& device = DeviceType::cuda);
CRESSET_API void reset_peak_memory_stats(const Device& device = DeviceType::cuda);
// Gives memory that no tensor holds back to the device.
CRESSET_API void empty_cache(const Device& device = DeviceType::cuda);
// Tensors of this process take at most so many bytes of the device; 0, the default, is no limit. An allocation beyond
// it throws OutOfMemoryError. ValueError for a negative number.
CRESSET_API void set_memory_limit(std::int64_t bytes, const Device& device = DeviceType::cuda);

class Event;

// A queue of work. Streams are never destroyed: the 32 of a device are handed out in turn.
class CRESSET_API Stream {
 public:
  explicit Stream(const Device& device = DeviceType::cuda);
  Device device() const { return device_; }
  // A cudaStream_t.
  void* handle() const { return handle_; }
  bool query() const;        // whether all its work is done
  void synchronize() const;  // waits for its work, as cuda::synchronize()
  void wait_event(const Event& event) const;
  void wait_stream(const Stream& other) const;  // what is given from now on comes after what `other` has been given
  Event record_event() const;
  friend bool operator==(const Stream&, const Stream&) = default;

 private:
  friend CRESSET_API Stream default_stream(const Device& device);
  friend CRESSET_API Stream current_stream(const Device& device);
  Stream(const Device& device, void* handle) : device_(device), handle_(handle) {}
  Device device_;
  void* handle_;
};
CRESSET_API Stream default_stream(const Device& device = DeviceType::cuda);
// Of the calling thread.
CRESSET_API Stream current_stream(const Device& device = DeviceType::cuda);

// While it lives, `stream` is the calling thread's current stream of its device.
class CRESSET_API StreamGuard {
 public:
  explicit StreamGuard(const Stream& stream);
  ~StreamGuard();
  StreamGuard(const StreamGuard&) = delete;
  StreamGuard& operator=(const StreamGuard&) = delete;

 private:
  Device device_;
  void* before_;
};

struct EventOptions {
  bool enable_timing = false;
};

// A point in a stream's work. Copies are the same event.
class CRESSET_API Event {
 public:
  explicit Event(EventOptions options = {});
  // On the current device's stream: `stream`, or the calling thread's current stream of cuda:0.
  void record() const;
  void record(const Stream& stream) const;
  bool query() const;        // true where the work before it is done, or nothing was recorded
  void synchronize() const;  // waits for it
  // Between two recorded events that time, both done; ValueError otherwise.
  double elapsed_ms(const Event& later) const;

 private:
  friend class Stream;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// `tensor`'s memory is used by work on `stream`, another than it was made on: it is not used anew before that is done.
CRESSET_API void record_stream(const Tensor& tensor, const Stream& stream);

}  // namespace cuda
}  // namespace cresset
