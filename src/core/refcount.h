// Intrusive reference counting for the objects behind Tensor, Storage and the tape.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace cresset {

struct RefCounted {
  void retain() const noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  // True for the caller that dropped the last reference and must destroy the object. The last owner needs no
  // read-modify-write.
  bool drop() const noexcept {
    if (refs_.load(std::memory_order_acquire) == 1) return true;
    return refs_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  bool unique() const noexcept { return refs_.load(std::memory_order_acquire) == 1; }

 private:
  mutable std::atomic<std::uint32_t> refs_{1};
};

// Owns one reference; `destroy(T*)`, found by argument-dependent lookup, ends the object.
template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(T* adopted) noexcept : p_(adopted) {}
  Ref(const Ref& other) noexcept : p_(other.p_) {
    if (p_) p_->retain();
  }
  Ref(Ref&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  ~Ref() {
    if (p_ && p_->drop()) destroy(p_);
  }
  static Ref share(T* p) noexcept {
    if (p) p->retain();
    return Ref(p);
  }
  T* get() const noexcept { return p_; }
  T* operator->() const noexcept { return p_; }
  T& operator*() const noexcept { return *p_; }
  explicit operator bool() const noexcept { return p_ != nullptr; }
  T* release() noexcept { return std::exchange(p_, nullptr); }

 private:
  T* p_ = nullptr;
};

}  // namespace cresset
