// Division by a number that is known at launch, by a multiplication: a device divides slowly.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace cresset::kernels {

// Quotients of n in [0, 2^31) by d in [1, 2^31): the high half of n * m, shifted, with m = ceil(2^(32 + s) / d) - 2^32
// and s = ceil(log2 d). Granlund and Montgomery, "Division by invariant integers using multiplication", 1994.
class FastDivide {
 public:
  FastDivide() = default;
  explicit FastDivide(std::int64_t divisor) : divisor_(static_cast<std::uint32_t>(divisor)) {
    while (shift_ < 32 && (std::uint64_t{1} << shift_) < divisor_) ++shift_;
    const std::uint64_t power = (std::uint64_t{1} << shift_) - divisor_;
    multiplier_ = static_cast<std::uint32_t>((power << 32) / divisor_ + 1);
  }
  __device__ std::uint32_t quotient(std::uint32_t n) const { return (__umulhi(n, multiplier_) + n) >> shift_; }
  __device__ std::uint32_t divisor() const { return divisor_; }
  // n becomes its quotient; the rest is returned.
  __device__ std::uint32_t split(std::uint32_t& n) const {
    const std::uint32_t q = quotient(n), rest = n - q * divisor_;
    n = q;
    return rest;
  }

 private:
  std::uint32_t divisor_ = 1, multiplier_ = 1, shift_ = 0;
};

}  // namespace cresset::kernels
