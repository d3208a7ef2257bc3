// What code compiled with -fsanitize=thread calls at each access to memory. ThreadSanitizer's library is not linked:
// here the calls tell the simulator which addresses a kernel reads and writes (include/cudasim/accesses.h).
#include <cstddef>
#include <cstdint>

#include "cudasim/accesses.h"

namespace {

using cudasim::record_access;

// More than one access on a device, too: pieces of `most` bytes and what is left of them.
void record_pieces(const void* address, size_t bytes, size_t most, bool write, const void* place) {
  const auto* at = static_cast<const char*>(address);
  for (size_t done = 0; done < bytes;) {
    size_t piece = most;
    while (piece > 1 && (reinterpret_cast<uintptr_t>(at + done) % piece != 0 || bytes - done < piece)) piece /= 4;
    record_access(at + done, piece, write, place);
    done += piece;
  }
}
void record_words(const void* address, size_t bytes, bool write, const void* place) {
  record_pieces(address, bytes, 4, write, place);
}
// A struct: a device loads 16 bytes at once where that fits.
void record_range(const void* address, size_t bytes, bool write, const void* place) {
  record_pieces(address, bytes, bytes % 16 == 0 && reinterpret_cast<uintptr_t>(address) % 16 == 0 ? 16 : 4, write,
                place);
}

}  // namespace

#define HOOK extern "C" __attribute__((visibility("default"))) void

HOOK __tsan_init() {}
HOOK __tsan_func_entry(void*) {}
HOOK __tsan_func_exit() {}
HOOK __tsan_vptr_update(void**, void*) {}
HOOK __tsan_vptr_read(void**) {}

#define ACCESS(size)                                                                                       \
  HOOK __tsan_read##size(void* p) { record_access(p, size, false, __builtin_return_address(0)); }          \
  HOOK __tsan_write##size(void* p) { record_access(p, size, true, __builtin_return_address(0)); }          \
  HOOK __tsan_volatile_read##size(void* p) { record_access(p, size, false, __builtin_return_address(0)); } \
  HOOK __tsan_volatile_write##size(void* p) { record_access(p, size, true, __builtin_return_address(0)); } \
  HOOK __tsan_unaligned_read##size(void* p) { record_words(p, size, false, __builtin_return_address(0)); } \
  HOOK __tsan_unaligned_write##size(void* p) { record_words(p, size, true, __builtin_return_address(0)); }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)
#undef ACCESS
HOOK __tsan_read_range(void* p, size_t bytes) { record_range(p, bytes, false, __builtin_return_address(0)); }
HOOK __tsan_write_range(void* p, size_t bytes) { record_range(p, bytes, true, __builtin_return_address(0)); }

// Atomic accesses are replaced by calls, which must do the work, too. A thread of a block never runs beside another.
#define ATOMIC_UPDATE(bits, name, builtin)                                                             \
  extern "C" __attribute__((visibility("default")))                                                    \
  uint##bits##_t __tsan_atomic##bits##_##name(volatile uint##bits##_t* p, uint##bits##_t value, int) { \
    record_access(const_cast<const uint##bits##_t*>(p), bits / 8, true, __builtin_return_address(0));  \
    return builtin(p, value, __ATOMIC_SEQ_CST);                                                        \
  }
#define ATOMIC_COMPARE(bits, name)                                                                     \
  extern "C" __attribute__((visibility("default"))) int __tsan_atomic##bits##_compare_exchange_##name( \
      volatile uint##bits##_t* p, uint##bits##_t* expected, uint##bits##_t value, int, int) {          \
    record_access(const_cast<const uint##bits##_t*>(p), bits / 8, true, __builtin_return_address(0));  \
    return __atomic_compare_exchange_n(p, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
  }
#define ATOMICS(bits)                                                                                  \
  extern "C" __attribute__((visibility("default")))                                                    \
  uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t* p, int) {                   \
    record_access(const_cast<const uint##bits##_t*>(p), bits / 8, false, __builtin_return_address(0)); \
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                                       \
  }                                                                                                    \
  HOOK __tsan_atomic##bits##_store(volatile uint##bits##_t* p, uint##bits##_t value, int) {            \
    record_access(const_cast<const uint##bits##_t*>(p), bits / 8, true, __builtin_return_address(0));  \
    __atomic_store_n(p, value, __ATOMIC_SEQ_CST);                                                      \
  }                                                                                                    \
  ATOMIC_UPDATE(bits, exchange, __atomic_exchange_n)                                                   \
  ATOMIC_UPDATE(bits, fetch_add, __atomic_fetch_add)                                                   \
  ATOMIC_UPDATE(bits, fetch_sub, __atomic_fetch_sub)                                                   \
  ATOMIC_UPDATE(bits, fetch_and, __atomic_fetch_and)                                                   \
  ATOMIC_UPDATE(bits, fetch_or, __atomic_fetch_or)                                                     \
  ATOMIC_UPDATE(bits, fetch_xor, __atomic_fetch_xor)                                                   \
  ATOMIC_COMPARE(bits, strong)                                                                         \
  ATOMIC_COMPARE(bits, weak)
ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)
HOOK __tsan_atomic_thread_fence(int) {}
HOOK __tsan_atomic_signal_fence(int) {}
