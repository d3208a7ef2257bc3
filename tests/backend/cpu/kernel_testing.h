// What the tests of kernels share: operands with guarded edges, random loops, each target of the vector code, distances
// in units in the last place.
#pragma once

#include "backend/cpu/highway_targets.h"
// Before Highway.
#include <cresset/extension/pointwise.h>
#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "backend/cpu/convert.h"

namespace cresset::cpu {

// Calls body(name) once for each target that this machine can run, with the vector code switched to it.
template <class Body>
void for_each_target(Body&& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    SCOPED_TRACE(hwy::TargetName(target));
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

// An operand of `n` elements, filled with bytes of NaN, between guards; misaligned to all but its element size.
class Operand {
 public:
  Operand(DType dtype, std::int64_t n)
      : dtype_(dtype),
        n_(n),
        bytes_(static_cast<std::size_t>(n) * element_size(dtype) + 2 * kGuard + 64, std::byte{0xff}) {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
    begin_ = (64 - address % 64) % 64 + kGuard;
    std::fill_n(bytes_.begin(), begin_, kMark);
    std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_ + size()), bytes_.end(), kMark);
  }
  Operand(const Operand&) = delete;

  DType dtype() const { return dtype_; }
  std::int64_t n() const { return n_; }
  std::size_t size() const { return static_cast<std::size_t>(n_) * element_size(dtype_); }
  void* data() { return bytes_.data() + begin_; }
  template <class T>
  T* as() {
    return static_cast<T*>(data());
  }
  double at(std::int64_t i) {
    double value = 0;
    switch_dtype(dtype_, [&]<class T>() { value = convert<double>(as<T>()[i]); });
    return value;
  }
  void set(std::int64_t i, double value) {
    switch_dtype(dtype_, [&]<class T>() { as<T>()[i] = convert<T>(value); });
  }
  bool guards_hold() const {
    return std::all_of(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_),
                       [](std::byte b) { return b == kMark; }) &&
           std::all_of(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_ + size()), bytes_.end(),
                       [](std::byte b) { return b == kMark; });
  }

 private:
  static constexpr std::size_t kGuard = 72;  // a multiple of 8 and not of 16
  static constexpr std::byte kMark{0xa5};
  DType dtype_;
  std::int64_t n_;
  std::size_t begin_ = 0;
  std::vector<std::byte> bytes_;
};

// Neighbouring numbers of the dtype are 1 apart; NaN equals NaN.
inline double ulps_apart(DType dtype, double a, double b) {
  if ((a != a && b != b) || a == b) return 0;
  if (a != a || b != b || std::isinf(a) || std::isinf(b)) return std::numeric_limits<double>::infinity();
  if (!is_floating_point(dtype)) return std::fabs(a - b);
  int digits = 53, lowest = -1074;
  if (dtype == kFloat32) digits = 24, lowest = -149;
  if (dtype == kFloat16) digits = 11, lowest = -24;
  if (dtype == kBFloat16) digits = 8, lowest = -133;
  const int exponent = std::ilogb(std::max(std::fabs(a), std::fabs(b)));
  return std::fabs(a - b) / std::ldexp(1.0, std::max(exponent - digits + 1, lowest));
}

// A random loop whose sizes multiply to at most a few thousand, with how many elements each operand spans. The output
// is dense or strided without overlap; inputs are dense, permuted, broadcast or strided.
template <int kOperands>
struct RandomLoop {
  StridedLoop<kOperands> loop;
  std::int64_t spans[kOperands];

  explicit RandomLoop(std::mt19937& random, int inputs_may_broadcast = 1) {
    loop.dims = static_cast<int>(random() % 5);
    for (int d = 0; d < loop.dims; ++d) {
      constexpr std::int64_t kSizes[] = {1, 2, 3, 5, 7, 16, 17};
      loop.sizes[d] = kSizes[random() % 7];
    }
    if (loop.dims > 0 && loop.dims < 3 && random() % 2)
      loop.sizes[loop.dims - 1] = static_cast<std::int64_t>(random() % 1500);
    if (loop.dims == 1 && random() % 8 == 0) loop.sizes[0] = 70001;  // several chunks
    for (int k = 0; k < kOperands; ++k) {
      int order[kMaxDims];
      std::iota(order, order + loop.dims, 0);
      const bool permuted = random() % 3 == 0;
      if (permuted) std::shuffle(order, order + loop.dims, random);
      std::int64_t stride = random() % 4 == 0 ? 2 : 1;
      spans[k] = 1;
      for (int i = loop.dims - 1; i >= 0; --i) {
        const int d = order[i];
        if (k > 0 && inputs_may_broadcast && random() % 4 == 0) {
          loop.strides[k][d] = 0;
          continue;
        }
        loop.strides[k][d] = stride;
        spans[k] += std::max<std::int64_t>(0, loop.sizes[d] - 1) * stride;
        stride *= std::max<std::int64_t>(1, loop.sizes[d]);
        if (random() % 5 == 0) ++stride;
      }
    }
  }
};

}  // namespace cresset::cpu
