#include "bench_kernels/accuracy_check.h"

#include <cresset/creation.h>
#include <cresset/ops.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "bench_kernels/host_view.h"

namespace cresset::program::bench {
namespace {

// splitmix64: https://prng.di.unimi.it/splitmix64.c
std::uint64_t scrambled(std::uint64_t i) {
  std::uint64_t z = i + 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

std::array<std::int64_t, 4> place(std::int64_t index, const Shape& shape) {
  std::array<std::int64_t, 4> at{};
  for (int i = shape.size() - 1; i >= 0; --i) {
    at[static_cast<std::size_t>(i)] = index % shape[i];
    index /= shape[i];
  }
  return at;
}

bool all_finite(const Tensor& host) {
  const HostView flat(host.as_strided({1, host.numel()}, {host.numel(), 1}));
  for (std::int64_t i = 0; i < host.numel(); ++i)
    if (!std::isfinite(flat.at(0, i))) return false;
  return true;
}

}  // namespace

double rounding_bound(DType dtype, double terms) {
  const double single = std::numeric_limits<float>::epsilon(), twice = std::numeric_limits<double>::epsilon();
  const double of_sums = dtype == kFloat64 ? twice : single;
  const double of_result = dtype == kFloat16 ? 0x1p-10 : dtype == kBFloat16 ? 0x1p-7 : of_sums;
  return 4 * of_result + 64 * std::sqrt(std::max(1.0, terms)) * of_sums;
}

Deviation deviation_of(const Task& task, const Candidate& candidate, double multiply_adds) {
  task.output.fill_(std::numeric_limits<double>::quiet_NaN());
  candidate.run();
  const Tensor host = task.output.cpu();
  const HostView got(host);
  const std::int64_t total = host.numel();
  const auto wanted = static_cast<std::int64_t>(multiply_adds / std::max(1.0, task.terms));
  const std::int64_t count = std::min(total, std::max<std::int64_t>(wanted, 16));
  Deviation out{
      .bound = rounding_bound(task.output.dtype(), task.terms), .elements = count, .complete = all_finite(host)};
  double most = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    // The last element is among them: tiles that stick out of the output end there.
    const std::int64_t index =
        count == total ? i
        : i == 0
            ? total - 1
            : static_cast<std::int64_t>(scrambled(static_cast<std::uint64_t>(i)) % static_cast<std::uint64_t>(total));
    const auto at = place(index, host.shape());
    const double exact = task.exact(at);
    most = std::max(most, std::abs(exact));
    out.largest = std::max(out.largest, std::abs(got.at(at) - exact));
  }
  if (most > 0) out.largest /= most;
  return out;
}

}  // namespace cresset::program::bench
