#include "core/storage.h"

#include <new>

#include "core/check.h"
#include "core/cpu_allocator.h"
#include "core/device_functions.h"
#include "core/thread_state.h"

namespace cresset {
namespace {

constexpr std::size_t kHeader = 64;  // keeps the bytes behind it aligned
static_assert(sizeof(Storage) <= kHeader);

// A header for bytes that lie elsewhere.
Ref<Storage> new_header(Bytes kind, std::size_t bytes) {
  auto* storage = new (cpu_allocate(kHeader)) Storage;
  storage->kind = kind;
  storage->bytes = bytes;
  return storage;
}

Ref<Storage> allocate_on_device(std::size_t bytes, Device device) {
  const DeviceFunctions& functions = device_functions(device);
  void* stream = current_device_stream(device);
  // Its bytes count as live only once there are any.
  Ref<Storage> storage = new_header(Bytes::on_device, 0);
  storage->device = device;
  storage->stream = stream;
  if (bytes > 0) storage->data = static_cast<char*>(functions.allocate(device.index, stream, bytes));
  storage->bytes = bytes;
  count_live(&ThreadState::storage_bytes, static_cast<std::int64_t>(bytes));
  return storage;
}

// What is still there when the process ends goes with it: the driver may be gone before our destructors run.
void release_elsewhere(Storage& storage) noexcept {
  const DeviceFunctions* functions = find_device_functions(false);
  count_live(&ThreadState::storage_bytes, -static_cast<std::int64_t>(storage.bytes));
  if (!storage.data || !functions || process_is_ending()) return;
  if (storage.kind == Bytes::pinned)
    functions->release_pinned(storage.data);
  else
    functions->release(storage.device.index, storage.stream, storage.data, storage.bytes);
}

}  // namespace

Ref<Storage> allocate_storage(std::size_t bytes, Device device) {
  if (!device.is_cpu()) [[unlikely]]
    return allocate_on_device(bytes, device);
  void* block = cpu_allocate(kHeader + bytes);  // no overflow: checked_numel() has limited the bytes to an int64
  auto* storage = new (block) Storage;
  storage->bytes = bytes;
  storage->data = static_cast<char*>(block) + kHeader;
  count_live(&ThreadState::storage_bytes, static_cast<std::int64_t>(bytes));
  return storage;
}

Ref<Storage> allocate_pinned_storage(std::size_t bytes) {
  const DeviceFunctions& functions = device_functions();
  Ref<Storage> storage = new_header(Bytes::pinned, 0);
  if (bytes > 0) storage->data = static_cast<char*>(functions.allocate_pinned(bytes));
  storage->bytes = bytes;
  count_live(&ThreadState::storage_bytes, static_cast<std::int64_t>(bytes));
  return storage;
}

Ref<Storage> wrap_storage(void* data, std::size_t bytes, std::function<void(void*)> deleter) {
  auto owned = deleter ? std::make_unique<std::function<void(void*)>>(std::move(deleter)) : nullptr;
  Ref<Storage> storage = new_header(Bytes::foreign, bytes);
  storage->data = static_cast<char*>(data);
  storage->deleter = owned.release();
  return storage;
}

void destroy(Storage* storage) noexcept {
  std::size_t block = kHeader;
  if (storage->kind == Bytes::behind_header) {
    block += storage->bytes;
    count_live(&ThreadState::storage_bytes, -static_cast<std::int64_t>(storage->bytes));
  } else if (storage->kind != Bytes::foreign) {
    release_elsewhere(*storage);
  } else if (storage->deleter) {
    try {
      (*storage->deleter)(storage->data);
    } catch (...) {  // a destructor must not throw; the deleter's failure has nobody to go to
    }
    delete storage->deleter;
  }
  storage->~Storage();
  cpu_free(storage, block);
}

void destroy(VersionCounter* counter) noexcept { delete counter; }

}  // namespace cresset
