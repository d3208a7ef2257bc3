// cp.async: a copy lands when it is waited for, and no sooner; until then its destination holds 0xff, so that a read
// that comes too early shows. Kernels reach it through kernels/common/cp_async.cuh.
#pragma once

#include <cstdint>
#include <cstring>

#include "collectives.h"

namespace cudasim {

struct AsyncCopy {
  void* to;
  const void* from;
  unsigned bytes, from_bytes;  // what is beyond from_bytes becomes zero
  unsigned group;
};

/// Whether the device that runs the kernel has compute capability `sm`.
CUDASIM_API bool has_sm(int sm);

CUDASIM_API void issue_copy(const AsyncCopy& copy, Where where);
CUDASIM_API void commit_copies();
/// The running thread's copies of all but the last `pending` groups, oldest first; all of them, uncommitted ones too,
/// for a negative count.
CUDASIM_API unsigned copies_to_land(int pending, const AsyncCopy** copies);
/// Forgets the first `count`.
CUDASIM_API void copies_landed(unsigned count);

// By words, and here, in the kernel's own code: sanitizers then see them as the kernel's accesses.
template <int kBytes>
CUDASIM_INSTRUCTION inline void cp_async(void* to, const void* from, int from_bytes, Where where) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16);
  issue_copy({to, from, kBytes, static_cast<unsigned>(from_bytes), 0}, where);
  auto* destination = static_cast<volatile uint32_t*>(to);
  for (int i = 0; i < kBytes / 4; ++i) destination[i] = 0xffffffffu;
  const auto* source = static_cast<const volatile char*>(from);
  for (int i = 0; i < from_bytes; i += 4) [[maybe_unused]] const char touched = source[i];
}

CUDASIM_INSTRUCTION inline void land_copies(int pending) {
  const AsyncCopy* copies = nullptr;
  const unsigned count = copies_to_land(pending, &copies);
  for (unsigned i = 0; i < count; ++i) {
    for (unsigned at = 0; at < copies[i].bytes; at += 4) {
      uint32_t word = 0;
      const unsigned left = copies[i].from_bytes > at ? copies[i].from_bytes - at : 0;
      for (unsigned byte = 0; byte < 4 && byte < left; ++byte) {
        word |= uint32_t{static_cast<const unsigned char*>(copies[i].from)[at + byte]} << 8 * byte;
      }
      static_cast<volatile uint32_t*>(copies[i].to)[at / 4] = word;
    }
  }
  copies_landed(count);
}

}  // namespace cudasim
