// Memory that shows what a kernel writes outside its outputs.
#pragma once

#include <cresset/dtype.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace cresset::cpu {

// Elements between two guards, at an address that is aligned to the element only.
class Guarded {
 public:
  static constexpr std::size_t kGuard = 128;
  Guarded(DType dtype, std::int64_t count, std::size_t guard_after = kGuard)
      : size_(static_cast<std::size_t>(count) * element_size(dtype)),
        start_(kGuard + element_size(dtype)),
        bytes_(start_ + size_ + guard_after, kMark) {}
  void* data() { return bytes_.data() + start_; }
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(data());
  }
  std::size_t size() const { return size_; }
  // All bits set: NaN in floating types.
  void poison() { std::memset(data(), 0xff, size_); }
  bool guards_hold() const {
    for (std::size_t i = 0; i < bytes_.size(); ++i)
      if ((i < start_ || i >= start_ + size_) && bytes_[i] != kMark) return false;
    return true;
  }
  friend bool operator==(const Guarded& a, const Guarded& b) { return a.bytes_ == b.bytes_; }

 private:
  static constexpr unsigned char kMark = 0xa5;
  std::size_t size_, start_;
  std::vector<unsigned char> bytes_;
};

}  // namespace cresset::cpu
