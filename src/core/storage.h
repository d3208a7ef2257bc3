// The bytes behind tensors, with the version counter that views share.
#pragma once

#include <cresset/device.h>

#include <cstddef>
#include <functional>

#include "core/refcount.h"

namespace cresset {

struct VersionCounter : RefCounted {
  std::atomic<std::uint32_t> value{0};
};

// Header and bytes are one block; where the bytes are foreign (from_blob), only the header is.
struct Storage : RefCounted {
  std::atomic<std::uint32_t> version{0};
  Device device;
  std::size_t bytes = 0;
  char* data = nullptr;
  std::function<void(void*)>* deleter = nullptr;  // foreign bytes only
  bool foreign = false;
};

// Uninitialised bytes, aligned to 64. DeviceError where the device cannot be used, OutOfMemoryError where there is no
// room.
Ref<Storage> allocate_storage(std::size_t bytes, Device device);
Ref<Storage> wrap_storage(void* data, std::size_t bytes, std::function<void(void*)> deleter);
void destroy(Storage* storage) noexcept;
void destroy(VersionCounter* counter) noexcept;

}  // namespace cresset
