// The public interface to CUDA devices: each function asks the backend's table.
#include <cresset/cuda.h>
#include <cresset/cudnn.h>

#include <atomic>
#include <utility>

#include "core/capture.h"
#include "core/check.h"
#include "core/device_functions.h"
#include "core/tensor_impl.h"

namespace cresset::cuda {

DeviceProperties get_device_properties(const Device& device) {
  DeviceProperties properties;
  device_functions(device).properties(device.index, properties);
  return properties;
}

std::vector<LibraryInfo> libraries() {
  std::vector<LibraryInfo> all;
  if (const DeviceFunctions* functions = find_device_functions(); functions && functions->libraries)
    functions->libraries(all);
  return all;
}

namespace {
std::atomic<bool> searching{false};
}
void search_algorithms(bool search) { searching.store(search, std::memory_order_relaxed); }
bool searches_algorithms() noexcept { return searching.load(std::memory_order_relaxed); }

std::string cudnn_engine() {
  const DeviceFunctions* functions = find_device_functions(false);
  return functions && functions->cudnn_engine ? functions->cudnn_engine() : "";
}

void synchronize(const Device& device) {
  check_not_captured("cuda::synchronize", device);
  device_functions(device).synchronize_device(device.index);
}
std::int64_t synchronization_count() noexcept {
  const DeviceFunctions* functions = find_device_functions(false);
  return functions ? functions->synchronizations() : 0;
}

MemoryStats memory_stats(const Device& device) {
  MemoryStats stats;
  device_functions(device).memory_stats(device.index, stats);
  return stats;
}
void reset_peak_memory_stats(const Device& device) { device_functions(device).reset_peak_memory_stats(device.index); }
void empty_cache(const Device& device) { device_functions(device).empty_cache(device.index); }
void set_memory_limit(std::int64_t bytes, const Device& device) {
  check<ValueError>(bytes >= 0, "set_memory_limit: must not be negative, got {}", bytes);
  device_functions(device).set_memory_limit(device.index, bytes);
}

Stream::Stream(const Device& device) : device_(device), handle_(device_functions(device).new_stream(device.index)) {}
bool Stream::query() const {
  check_not_captured("Stream::query", device_);
  return device_functions(device_).stream_done(device_.index, handle_);
}
void Stream::synchronize() const {
  check_not_captured("Stream::synchronize", device_);
  device_functions(device_).synchronize_stream(device_.index, handle_);
}
void Stream::wait_stream(const Stream& other) const { wait_event(other.record_event()); }
Event Stream::record_event() const {
  Event event;
  event.record(*this);
  return event;
}

Stream default_stream(const Device& device) { return {device, device_functions(device).enter(device.index)}; }
Stream current_stream(const Device& device) { return {device, current_device_stream(device)}; }

StreamGuard::StreamGuard(const Stream& stream)
    : device_(stream.device()), before_(given_device_stream(stream.device())) {
  set_current_device_stream(device_, stream.handle());
}
StreamGuard::~StreamGuard() { set_current_device_stream(device_, before_); }

struct Event::Impl {
  explicit Impl(bool timed) : timing(timed) {}
  ~Impl() {
    const DeviceFunctions* functions = find_device_functions(false);
    if (handle && functions && !process_is_ending()) functions->destroy_event(device.index, handle);
  }
  bool timing;
  Device device = DeviceType::cuda;
  void* handle = nullptr;  // made on the device of the first stream that records it
};

Event::Event(EventOptions options) : impl_(std::make_shared<Impl>(options.enable_timing)) {}
void Event::record() const { record(current_stream()); }
void Event::record(const Stream& stream) const {
  const DeviceFunctions& functions = device_functions(stream.device());
  check<DeviceError>(!impl_->handle || impl_->device == stream.device(),
                     "Event: was recorded on {} before and cannot be recorded on {}", impl_->device, stream.device());
  if (!impl_->handle) {
    impl_->handle = functions.new_event(stream.device().index, impl_->timing);
    impl_->device = stream.device();
  }
  functions.record_event(impl_->device.index, impl_->handle, stream.handle());
}
bool Event::query() const {
  check_not_captured("Event::query", impl_->device);
  return !impl_->handle || device_functions(impl_->device).event_done(impl_->device.index, impl_->handle);
}
void Event::synchronize() const {
  check_not_captured("Event::synchronize", impl_->device);
  if (impl_->handle) device_functions(impl_->device).synchronize_event(impl_->device.index, impl_->handle);
}
double Event::elapsed_ms(const Event& later) const {
  check<ValueError>(impl_->handle && later.impl_->handle && impl_->timing && later.impl_->timing,
                    "Event: both must be made with enable_timing and be recorded before a time can be taken");
  check<ValueError>(query() && later.query(), "Event: both must be done before a time can be taken");
  return device_functions(impl_->device).milliseconds_between(impl_->device.index, impl_->handle, later.impl_->handle);
}
void Stream::wait_event(const Event& event) const {
  if (event.impl_->handle) device_functions(device_).wait_event(device_.index, handle_, event.impl_->handle);
}

void record_stream(const Tensor& tensor, const Stream& stream) {
  const Storage& storage = *impl_of(tensor).storage;
  check<DeviceError>(storage.device == stream.device(), "record_stream: the tensor is on {}, the stream on {}",
                     storage.device, stream.device());
  if (storage.data && storage.stream != stream.handle())
    device_functions(storage.device).record_use(storage.device.index, storage.data, stream.handle());
}

}  // namespace cresset::cuda
