// A short list of 64-bit integers with inline storage: sizes, strides, lists of dimensions.
#pragma once

#include <cresset/export.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <vector>

namespace cresset {

// A tensor has at most this many dimensions.
inline constexpr int kMaxDims = 8;

namespace detail {
[[noreturn]] CRESSET_API void fail_too_many_dims(std::size_t n);
// What a negative index stands for; IndexError where it is outside.
CRESSET_API int wrap_shape_index(std::int64_t i, int size);
}  // namespace detail

// Sizes of a tensor (or strides, or a permutation). Converts from `{2, 3}` and from a vector; more than kMaxDims
// entries throw ShapeError.
class Shape {
 public:
  using value_type = std::int64_t;

  Shape() = default;
  template <std::integral T>
  Shape(std::initializer_list<T> values) {
    assign(values.begin(), values.size());
  }
  // Of mixed integer types: `{n, 3, 32, 32}` with an int64 n.
  template <std::integral T, std::integral U, std::integral... More>
  Shape(T first, U second, More... more)
      : Shape({static_cast<std::int64_t>(first), static_cast<std::int64_t>(second),
               static_cast<std::int64_t>(more)...}) {}
  template <std::integral T>
  Shape(const std::vector<T>& values) {
    assign(values.data(), values.size());
  }
  template <std::integral T>
  Shape(const T* values, std::size_t count) {
    assign(values, count);
  }
  Shape(const Shape& other) { *this = other; }
  Shape& operator=(const Shape& other) {
    size_ = other.size_;
    std::copy_n(other.values_, size_, values_);
    return *this;
  }
  static Shape filled(int count, std::int64_t value) {
    Shape s;
    if (count < 0 || count > kMaxDims) detail::fail_too_many_dims(static_cast<std::size_t>(count));
    s.size_ = count;
    std::fill_n(s.values_, count, value);
    return s;
  }

  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Negative indices count from the end, as in Python; IndexError outside.
  std::int64_t operator[](std::int64_t i) const { return values_[place(i)]; }
  std::int64_t& operator[](std::int64_t i) { return values_[place(i)]; }
  std::int64_t back() const { return values_[place(-1)]; }
  const std::int64_t* data() const { return values_; }
  const std::int64_t* begin() const { return values_; }
  const std::int64_t* end() const { return values_ + size_; }
  std::int64_t* begin() { return values_; }
  std::int64_t* end() { return values_ + size_; }

  void push_back(std::int64_t value) {
    if (size_ == kMaxDims) detail::fail_too_many_dims(kMaxDims + 1);
    values_[size_++] = value;
  }
  void insert(int at, std::int64_t value) {
    if (at != size_) at = place(at);
    push_back(value);
    std::rotate(values_ + at, values_ + size_ - 1, values_ + size_);
  }
  void erase(int at) {
    at = place(at);
    std::copy(values_ + at + 1, values_ + size_--, values_ + at);
  }

  // The product of all entries: 1 where there are none. Wraps around where it overflows; no tensor's shape does.
  std::int64_t numel() const {
    std::uint64_t n = 1;
    for (auto v : *this) n *= static_cast<std::uint64_t>(v);
    return static_cast<std::int64_t>(n);
  }
  std::vector<std::int64_t> vec() const { return {begin(), end()}; }
  // "[2, 3]"
  CRESSET_API std::string str() const;
  friend bool operator==(const Shape& a, const Shape& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

 private:
  int place(std::int64_t i) const {
    const bool inside = static_cast<std::uint64_t>(i) < static_cast<std::uint64_t>(size_);
    return inside ? static_cast<int>(i) : detail::wrap_shape_index(i, size_);
  }
  template <class T>
  void assign(const T* values, std::size_t count) {
    if (count > kMaxDims) detail::fail_too_many_dims(count);
    size_ = static_cast<int>(count);
    for (int i = 0; i < size_; ++i) values_[i] = static_cast<std::int64_t>(values[i]);
  }

  int size_ = 0;
  std::int64_t values_[kMaxDims];  // the first size_ are set
};

CRESSET_API std::ostream& operator<<(std::ostream& out, const Shape& shape);

// One dimension or several: `x.sum(1)`, `x.sum({0, -1})`.
struct Dims : Shape {
  using Shape::Shape;
  template <std::integral T>
  Dims(T dim) : Shape(&dim, 1) {}
};

}  // namespace cresset
