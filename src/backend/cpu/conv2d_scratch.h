// Memory that a kernel needs while it runs, kept by each thread so that a steady loop touches no fresh page.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace cresset::cpu {

// A buffer that grows and never shrinks; its content is lost when it grows.
class Scratch {
 public:
  // At least `count` elements of T, 64-byte aligned, not initialised.
  template <class T>
  T* get(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes > bytes_) {
      memory_.reset();
      bytes_ = 0;
      memory_.reset(::operator new(bytes, kAlignment));
      bytes_ = bytes;
    }
    return static_cast<T*>(memory_.get());
  }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(void* p) const { ::operator delete(p, kAlignment); }
  };
  std::unique_ptr<void, Free> memory_;
  std::size_t bytes_ = 0;
};

}  // namespace cresset::cpu
