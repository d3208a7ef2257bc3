// Finding and loading the CUDA backend, and the calling thread's streams.
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>

#include "core/check.h"
#include "core/device_functions.h"
#include "device_build.h"
#include "dispatch/builtin.h"
#include "dispatch/state.h"

namespace cresset {
namespace {

struct Backend {
  std::once_flag once;
  std::atomic<const DeviceFunctions*> functions{nullptr};
  std::string missing;  // why there is none; written once
  std::atomic<bool> ending{false};
};

// Never destroyed: tensors may outlive static destructors.
Backend& backend() {
  static auto* b = new Backend;
  return *b;
}

// The folder of the file that this code was loaded from: libcresset, or a program that has it inside. Asked of the
// kernel, which knows absolute paths: a library found through a relative one must not be looked for again in what has
// become the current folder.
std::string own_folder() {
  const auto address = reinterpret_cast<std::uintptr_t>(&own_folder);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::size_t dash = line.find('-'), space = line.find(' '), path = line.find('/');
    if (dash == std::string::npos || path == std::string::npos) continue;
    const auto begin = std::strtoull(line.c_str(), nullptr, 16);
    const auto end = std::strtoull(line.c_str() + dash + 1, nullptr, 16);
    if (space != std::string::npos && address >= begin && address < end)
      return line.substr(path, line.rfind('/') - path);
  }
  return "";
}

void add_device_kernel(std::string_view slot, std::string_view name, void (*refuses)(), void (*run)()) {
  add_to_list(find_or_make_list(slot, DeviceType::cuda), name, refuses, run, {});
}

const DeviceFunctions* open(const std::string& path) {
  // Kept for ever: kernels and streams of it are known to the core.
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) fail<DeviceError>("{} cannot be loaded: {}", path, ::dlerror());
  const auto entry = reinterpret_cast<DeviceEntry>(::dlsym(library, kDeviceEntry));
  check<DeviceError>(entry != nullptr, "{} is no CUDA backend of cresset", path);
  const DeviceFunctions* functions = nullptr;
  const std::string theirs = entry(kDeviceBuildId,
                                   {.add_kernel = add_device_kernel,
                                    .searches_algorithms = cuda::searches_algorithms,
                                    .forces_kernel = forces_kernel},
                                   functions);
  check<DeviceError>(theirs == kDeviceBuildId,
                     "{} belongs to another build of cresset ({}, this is {}): install both from one package", path,
                     theirs, kDeviceBuildId);
  return functions;
}

const DeviceFunctions* find_library() {
  const std::string folder = own_folder();
  const std::string name = kDeviceLibrary;
  // The simulated kernels once more, compiled so that their accesses are counted (cmake/recorded.cmake).
  if (const char* counted = std::getenv("CRESSET_SIM_COUNTED"); kDeviceSimulated && counted && *counted == '1')
    if (const std::string path = folder + "/../recorded/lib/" + name; ::access(path.c_str(), R_OK) == 0)
      return open(path);
  for (const std::string& path : {folder + "/" + name, folder + "/../lib/" + name})
    if (!folder.empty() && ::access(path.c_str(), R_OK) == 0) return open(path);
  fail<DeviceError>(
      "this process has no CUDA backend: {} is not in {}. Install cresset's CUDA package, or build with "
      "-DCRESSET_CUDA=ON",
      name, folder);
}

// While it exists in a thread, the end of the process's first thread is noticed: its thread-local objects go before
// static ones.
struct EndWatch {
  ~EndWatch() {
    if (::getpid() == ::gettid()) backend().ending = true;
  }
};

void watch_for_end() noexcept {
  thread_local EndWatch watch;
  static_cast<void>(watch);
}

void load() noexcept {
  Backend& b = backend();
  std::call_once(b.once, [&b] {
    try {
      // Static objects made before now are destroyed after this runs.
      std::atexit([] { backend().ending = true; });
      const DeviceFunctions* functions = find_library();
      functions->device_count();
      b.functions = functions;
    } catch (const std::exception& error) {
      b.missing = error.what();
    }
  });
}

constexpr std::size_t kStreams = 128;  // Device::index has 7 bits
thread_local std::array<void*, kStreams> t_streams{};

}  // namespace

const DeviceFunctions* find_device_functions(bool load_it) noexcept {
  const DeviceFunctions* functions = backend().functions.load(std::memory_order_acquire);
  if (functions || !load_it) return functions;
  load();
  return backend().functions.load(std::memory_order_acquire);
}

const DeviceFunctions& device_functions() {
  const DeviceFunctions* functions = find_device_functions();
  check<DeviceError>(functions != nullptr, "cuda: {}", backend().missing);
  watch_for_end();
  return *functions;
}

const DeviceFunctions& device_functions(Device device) {
  check<DeviceError>(device.is_cuda(), "{} is no CUDA device", device);
  const DeviceFunctions* functions = find_device_functions();
  check<DeviceError>(functions != nullptr, "{}: {}", device, backend().missing);
  if (device.index != 0) {
    const int count = functions->device_count();
    check<DeviceError>(device.index < count, "{}: there is no such device; {} can be used", device, count);
  }
  watch_for_end();
  return *functions;
}

void use_device_functions(const DeviceFunctions& functions) {
  bool taken = false;
  std::call_once(backend().once, [&] {
    backend().functions = &functions;
    taken = true;
  });
  check<DeviceError>(taken, "use_device_functions: the backend was asked for already");
}

bool process_is_ending() noexcept { return backend().ending.load(std::memory_order_relaxed); }

void* current_device_stream(Device device) {
  void* own = device_functions(device).enter(device.index);
  void* given = t_streams[static_cast<std::size_t>(device.index)];
  return given ? given : own;
}
void set_current_device_stream(Device device, void* stream) noexcept {
  t_streams[static_cast<std::size_t>(device.index)] = stream;
}
void* given_device_stream(Device device) noexcept { return t_streams[static_cast<std::size_t>(device.index)]; }

bool cuda::is_available() noexcept { return find_device_functions() != nullptr; }
bool cuda::is_simulated() noexcept {
  const DeviceFunctions* functions = find_device_functions();
  return functions && functions->simulated;
}
std::string cuda::unavailable_reason() { return is_available() ? "" : backend().missing; }
int cuda::device_count() noexcept {
  const DeviceFunctions* functions = find_device_functions();
  try {
    return functions ? functions->device_count() : 0;
  } catch (const std::exception&) {  // it counted them once already
    return 0;
  }
}

}  // namespace cresset
