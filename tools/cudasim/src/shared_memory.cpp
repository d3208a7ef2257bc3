// Shared memory: a heap block for each array of each block, so that sanitizers name the kernel's line and see overruns.
#include "cudasim/shared_memory.h"

#include <cstdlib>
#include <cstring>

#include "report.h"
#include "runner.h"

namespace cudasim {

void* Runner::shared_memory(const void* tag, size_t bytes, bool dynamic) {
  for (const SharedArray& array : shared_) {
    if (array.tag == tag) {
#if CUDASIM_TSAN
      __tsan_acquire(array.memory);
#endif
      return array.memory;
    }
  }
  if (!dynamic) {
    const size_t used = static_shared() + bytes;
    if (used > limits_.static_bytes || used + launch->dynamic_shared > limits_.total_bytes) {
      fail("launch over a limit", cudaErrorLaunchOutOfResources,
           format("%zu bytes of static shared memory (limit %zu) and %zu dynamic bytes (limit of both %zu)", used,
                  limits_.static_bytes, launch->dynamic_shared, limits_.total_bytes));
    }
  }
  void* memory = nullptr;
  if (posix_memalign(&memory, 128, bytes == 0 ? 1 : bytes) != 0) {
    fail("out of host memory", cudaErrorLaunchFailure, "no memory for a shared array");
  }
  std::memset(memory, poison_, bytes);
#if CUDASIM_TSAN
  __tsan_release(memory);
#endif
  shared_.push_back({tag, memory, bytes});
  return memory;
}

bool Runner::in_shared_memory(const void* address) const {
  const auto* p = static_cast<const char*>(address);
  for (const SharedArray& array : shared_) {
    if (p >= array.memory && p < static_cast<const char*>(array.memory) + array.bytes) return true;
  }
  return false;
}

size_t Runner::static_shared() const {
  size_t used = 0;
  for (const SharedArray& array : shared_) used += array.tag == this ? 0 : (array.bytes + 15) / 16 * 16;
  return used;
}

void Runner::release_shared_memory() {
  for (const SharedArray& array : shared_) {
#if CUDASIM_TSAN
    // Freeing would order this block before the next; all goes when the launch ends.
    old_shared_.push_back(array.memory);
#else
    std::free(array.memory);
#endif
  }
  shared_.clear();
}

void* shared_array(const void* tag, size_t bytes) { return Runner::instance().shared_memory(tag, bytes, false); }

void* dynamic_shared_array() {
  Runner& runner = Runner::instance();
  return runner.shared_memory(&runner, runner.launch->dynamic_shared, true);
}

size_t dynamic_shared_bytes() { return Runner::instance().launch->dynamic_shared; }

}  // namespace cudasim
