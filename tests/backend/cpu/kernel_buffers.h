// What the tests of CPU kernels share: operands at awkward addresses, and runs on every vector target and several
// thread counts.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>
#include <cresset/threads.h>
#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "backend/cpu/dtype_switch.h"

namespace cresset::cpu {

using Values = std::vector<double>;

// Operand memory, aligned to the element and no more. All bits are set at first: NaN in every floating type, and the
// last element ends where the allocation ends, so that AddressSanitizer sees a read past it. Guard bytes stand in
// front, and behind those that have `guard`.
class Buffer {
 public:
  Buffer(DType dtype, std::int64_t size, bool guard = true)
      : dtype_(dtype), size_(static_cast<std::size_t>(size)), guard_(guard ? kGuard : 0) {
    const std::size_t front = kGuard + element_size(dtype);
    memory_.assign(front + size_ * element_size(dtype) + guard_, 0xa5);
    memory_.shrink_to_fit();
    std::memset(data(), 0xff, size_ * element_size(dtype));
  }
  Buffer(DType dtype, const Values& values) : Buffer(dtype, static_cast<std::int64_t>(values.size()), false) {
    switch_numeric(dtype, [&]<class T>() {
      for (std::size_t i = 0; i < size_; ++i) {
        if constexpr (std::integral<T>)
          static_cast<T*>(data())[i] = static_cast<T>(static_cast<std::int64_t>(values[i]));
        else
          static_cast<T*>(data())[i] = round_to<T>(values[i]);
      }
    });
  }

  void* data() { return memory_.data() + kGuard + element_size(dtype_); }
  template <class T>
  T* as() {
    return static_cast<T*>(data());
  }
  // The elements as they were rounded to the dtype.
  Values values() {
    Values out(size_);
    switch_numeric(dtype_, [&]<class T>() {
      for (std::size_t i = 0; i < size_; ++i) out[i] = static_cast<double>(as<T>()[i]);
    });
    return out;
  }
  bool guards_intact() const {
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      const bool inside = i >= kGuard + element_size(dtype_) && i < memory_.size() - guard_;
      if (!inside && memory_[i] != 0xa5) return false;
    }
    return true;
  }
  friend bool operator==(const Buffer& a, const Buffer& b) { return a.memory_ == b.memory_; }

 private:
  static constexpr std::size_t kGuard = 64;
  DType dtype_;
  std::size_t size_, guard_;
  std::vector<unsigned char> memory_;
};

inline double epsilon(DType dtype) {
  switch (dtype) {
    case kFloat32: return 1.2e-7;
    case kFloat64: return 2.3e-16;
    case kFloat16: return 9.8e-4;
    case kBFloat16: return 7.9e-3;
    default: return 0;
  }
}

// The spacing of the smallest numbers, which bounds an error where epsilon means nothing; generous for float32 and
// float64.
inline double smallest(DType dtype) { return dtype == kFloat16 ? 6e-8 : 1e-40; }

// Random values already rounded to the dtype: whole numbers in [-range, range] or normal ones times range.
inline Values random_values(DType dtype, std::int64_t size, bool whole, double range, std::uint32_t seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0, range);
  std::uniform_int_distribution<int> integer(static_cast<int>(-range), static_cast<int>(range));
  Values values(static_cast<std::size_t>(size));
  for (double& v : values) v = whole || is_integral(dtype) ? integer(engine) : normal(engine);
  return Buffer(dtype, values).values();
}

// got[i] within allowed[i] (or `allowed` for all) of want[i]; NaN and infinities must be the same.
inline void expect_close(const Values& got, const Values& want, const Values& allowed, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(want[i]) ? std::isnan(got[i]) : got[i] == want[i]) continue;
    ASSERT_LE(std::abs(got[i] - want[i]), allowed[allowed.size() == 1 ? 0 : i])
        << what << " at " << i << ": got " << got[i] << ", want " << want[i];
  }
}

// The vector targets of this machine that kernels are compiled for.
inline std::vector<std::int64_t> vector_targets() {
  std::vector<std::int64_t> targets;
  for (const std::int64_t target : {HWY_SSE4, HWY_AVX2, HWY_AVX3})
    if (hwy::SupportedTargets() & target) targets.push_back(target);
  return targets;
}

// Calls run(), which makes fresh outputs from a kernel and returns them, on each target and with 1, 2 and 3 threads,
// and check(outputs, what) once a target. Outputs must be the same to the last bit for any number of threads and keep
// their guards.
template <class Run, class Check>
void on_each_target(bool vectorised, const std::string& what, Run&& run, Check&& check) {
  for (const std::int64_t target : vectorised ? vector_targets() : std::vector<std::int64_t>{0}) {
    if (vectorised) hwy::SetSupportedTargetsForTest(target);
    const std::string where =
        what + (vectorised ? std::string(" on ") + hwy::TargetName(target) : " on no target of Highway's");
    set_num_threads(1);
    std::vector<Buffer> outputs = run();
    for (const Buffer& output : outputs) EXPECT_TRUE(output.guards_intact()) << where;
    for (const int threads : {2, 3}) {
      set_num_threads(threads);
      EXPECT_TRUE(run() == outputs) << where << " with " << threads << " threads";
    }
    check(outputs, where);
    if (testing::Test::HasFatalFailure()) break;
  }
  hwy::SetSupportedTargetsForTest(0);
}

// The kernels of a slot under one name, and whether the first is made for this dtype.
template <class Slot>
struct KernelChoice {
  const Kernel<Slot>& kernel;
  bool vectorised;
};
template <class Slot>
std::vector<KernelChoice<Slot>> choices(const Kernel<Slot>& highway, const Kernel<Slot>& reference,
                                        const typename Slot::Problem& problem) {
  std::vector<KernelChoice<Slot>> kernels;
  EXPECT_FALSE(reference.refuses(problem, {}));
  if (!highway.refuses(problem, {})) kernels.push_back({highway, true});
  kernels.push_back({reference, false});
  return kernels;
}

}  // namespace cresset::cpu
