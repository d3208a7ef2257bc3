#include "core/storage.h"

#include <limits>
#include <new>

#include "core/check.h"
#include "core/cpu_allocator.h"
#include "core/thread_state.h"

namespace cresset {
namespace {

constexpr std::size_t kHeader = 64;  // keeps the bytes behind it aligned
static_assert(sizeof(Storage) <= kHeader);

}  // namespace

Ref<Storage> allocate_storage(std::size_t bytes, Device device) {
  check<DeviceError>(device.is_cpu(), "{}: this process has no CUDA backend: libcresset_cuda is not installed",
                     device.str());
  check<OutOfMemoryError>(bytes <= std::numeric_limits<std::size_t>::max() / 2, "cpu: cannot allocate {} bytes", bytes);
  void* block = cpu_allocate(kHeader + bytes);
  auto* storage = new (block) Storage;
  storage->bytes = bytes;
  storage->data = static_cast<char*>(block) + kHeader;
  count_live(&ThreadState::storage_bytes, static_cast<std::int64_t>(bytes));
  return storage;
}

Ref<Storage> wrap_storage(void* data, std::size_t bytes, std::function<void(void*)> deleter) {
  auto owned = deleter ? std::make_unique<std::function<void(void*)>>(std::move(deleter)) : nullptr;
  auto* storage = new (cpu_allocate(kHeader)) Storage;
  storage->bytes = bytes;
  storage->data = static_cast<char*>(data);
  storage->deleter = owned.release();
  storage->foreign = true;
  return storage;
}

void destroy(Storage* storage) noexcept {
  std::size_t block = kHeader;
  if (!storage->foreign) {
    block += storage->bytes;
    count_live(&ThreadState::storage_bytes, -static_cast<std::int64_t>(storage->bytes));
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
