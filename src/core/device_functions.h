// What the core asks of a device backend: a table of functions that the backend library fills in.
#pragma once

#include <cresset/cuda.h>
#include <cresset/cudnn.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cresset {

namespace detail {
struct KernelList;
}

// Bytes from one place to another. An address on the host has device -1.
struct ByteCopy {
  void* to;
  const void* from;
  std::size_t bytes;
  int to_device, from_device;
  // Streams on which the devices' work is ordered; where both ends are on devices, the copy comes after what both have
  // been given so far, and before what comes later.
  void *to_stream, *from_stream;
  // The call may return before the host's memory was read or written. Without it the host's memory is free to be
  // changed, or holds the bytes, when the call returns.
  bool non_blocking;
};

// Devices are counted from 0, streams and events are opaque. Functions may throw this library's errors unless they are
// noexcept; they are called from any thread.
struct DeviceFunctions {
  bool simulated;
  // The number of devices that can be used. DeviceError, saying what is missing, where there is none.
  int (*device_count)();
  void (*properties)(int device, cuda::DeviceProperties& out);
  // Makes the device the calling thread's and gives its default stream.
  void* (*enter)(int device);

  // Memory of the device, in the order of `stream`. OutOfMemoryError with the sizes.
  void* (*allocate)(int device, void* stream, std::size_t bytes);
  void (*release)(int device, void* stream, void* data, std::size_t bytes) noexcept;
  // Another stream uses the memory: its release waits for what that stream has been given until then.
  void (*record_use)(int device, void* data, void* stream);
  void* (*allocate_pinned)(std::size_t bytes);
  void (*release_pinned)(void* data) noexcept;

  void (*copy)(const ByteCopy& copy);

  // Each of these waits, and then throws what a kernel reported (an index out of range).
  void (*synchronize_device)(int device);
  void (*synchronize_stream)(int device, void* stream);
  // How often the host has waited so far, by whatever call.
  std::int64_t (*synchronizations)() noexcept;

  void* (*new_stream)(int device);  // never destroyed
  bool (*stream_done)(int device, void* stream);
  void* (*new_event)(int device, bool timing);
  void (*destroy_event)(int device, void* event) noexcept;
  void (*record_event)(int device, void* event, void* stream);
  void (*wait_event)(int device, void* stream, void* event);
  bool (*event_done)(int device, void* event);
  void (*synchronize_event)(int device, void* event);
  float (*milliseconds_between)(int device, void* first, void* second);

  // From now on what the calling thread gives to `stream`, which is the graph's, is recorded, and what it allocates on
  // the device is the graph's memory, until end_capture(). Gives the graph.
  void* (*begin_capture)(int device, void*& stream);
  void (*end_capture)(void* graph);
  void (*replay)(void* graph, void* stream);
  // Also one whose capture goes on, which ends. Its memory goes once no tensor holds any of it.
  void (*destroy_graph)(void* graph) noexcept;

  void (*memory_stats)(int device, cuda::MemoryStats& out);
  void (*reset_peak_memory_stats)(int device);
  void (*empty_cache)(int device);
  void (*set_memory_limit)(int device, std::int64_t bytes);

  void (*libraries)(std::vector<cuda::LibraryInfo>& out);
  std::string (*cudnn_engine)();
};

// What a backend library is given by the core.
struct DeviceHost {
  // Appends a kernel to a slot's list for CUDA devices.
  void (*add_kernel)(std::string_view slot, std::string_view name, void (*refuses)(), void (*run)());
  bool (*searches_algorithms)() noexcept;
  // Whether the calling thread forces, or prefers, that kernel of that slot.
  bool (*forces_kernel)(std::string_view slot, std::string_view kernel);
};

// `extern "C" const char* cresset_cuda_backend(const char* build_id, const DeviceHost&, const DeviceFunctions*&)`:
// registers its kernels, sets the table and returns its own build id; where that is another, it does nothing else.
using DeviceEntry = const char* (*)(const char* build_id, const DeviceHost& host, const DeviceFunctions*& functions);
inline constexpr const char* kDeviceEntry = "cresset_cuda_backend";

// The backend, loaded when first asked for. DeviceError where it cannot be, or where there is no device.
const DeviceFunctions& device_functions();
// The same for one device: DeviceError where its index is too large.
const DeviceFunctions& device_functions(Device device);
// Null where there is no backend; never throws. Loads nothing where `load` is not set.
const DeviceFunctions* find_device_functions(bool load = true) noexcept;
// For tests: takes the place of the library, before anything has asked for it.
void use_device_functions(const DeviceFunctions& functions);

// Whether static destructors may be running: nothing of ours asks the backend for anything from then on.
bool process_is_ending() noexcept;

// The calling thread's current stream of a device, which becomes the thread's current device.
void* current_device_stream(Device device);
// Null goes back to the default stream.
void set_current_device_stream(Device device, void* stream) noexcept;
void* given_device_stream(Device device) noexcept;  // null where the default is current

}  // namespace cresset
