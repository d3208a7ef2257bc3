// Working memory of a kernel that is kept between calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace cresset::cpu {

// At least `bytes` bytes, aligned to 64, of the calling thread; contents are undefined and valid until the same thread
// asks for the same Tag again. Never nest two uses of one Tag.
template <class Tag>
void* scratch(std::size_t bytes) {
  struct Free {
    void operator()(void* memory) const { ::operator delete (memory, std::align_val_t{64}); }
  };
  thread_local std::unique_ptr<void, Free> memory;
  thread_local std::size_t capacity = 0;
  if (bytes > capacity) {
    capacity = 0;
    memory.reset();
    memory.reset(::operator new (bytes, std::align_val_t{64}));
    capacity = bytes;
  }
  return memory.get();
}

}  // namespace cresset::cpu
