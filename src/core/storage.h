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

enum class Bytes : std::uint8_t {
  behind_header,  // header and bytes are one block
  foreign,        // from_blob
  on_device,
  pinned  // host memory that a device reaches by itself
};

struct Storage : RefCounted {
  std::atomic<std::uint32_t> version{0};
  Device device;
  Bytes kind = Bytes::behind_header;
  std::size_t bytes = 0;
  char* data = nullptr;
  std::function<void(void*)>* deleter = nullptr;  // foreign bytes only
  void* stream = nullptr;                         // on a device: in whose order the memory is taken and given back
};

// Uninitialised bytes, aligned to 64. DeviceError where the device cannot be used, OutOfMemoryError where there is no
// room.
Ref<Storage> allocate_storage(std::size_t bytes, Device device);
Ref<Storage> allocate_pinned_storage(std::size_t bytes);
Ref<Storage> wrap_storage(void* data, std::size_t bytes, std::function<void(void*)> deleter);
void destroy(Storage* storage) noexcept;
void destroy(VersionCounter* counter) noexcept;

}  // namespace cresset
