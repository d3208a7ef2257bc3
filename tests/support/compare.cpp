#include "support/compare.h"

#include <fmt/format.h>

#include <cmath>

#include "support/argument.h"

namespace cresset::test {

double epsilon(DType dtype) {
  switch (dtype) {
    case DType::float32: return 0x1p-23;
    case DType::float16: return 0x1p-10;
    case DType::bfloat16: return 0x1p-7;
    case DType::float64: return 0x1p-52;
    default: return 0;
  }
}

std::string difference(const Tensor& got, const Tensor& expected, const Tolerance& tolerance) {
  if (got.shape() != expected.shape())
    return fmt::format("has shape {}, expected {}", got.shape().str(), expected.shape().str());
  const DType dtype = got.dtype();
  const bool exact = tolerance.exact || !is_floating_point(dtype);
  const std::vector<double> a = to_doubles(got), b = to_doubles(exact ? expected.to(dtype) : expected);
  double largest = 0;
  for (const double v : b)
    if (std::isfinite(v)) largest = std::max(largest, std::fabs(v));
  // The reference sums in double too, one term after the other: beside a result in double it is no better itself.
  const double unit = epsilon(dtype), sum_unit = dtype == kFloat64 ? 4 * epsilon(kFloat64) : epsilon(kFloat32);
  // The smallest step of the dtype, where results become subnormal.
  const double smallest = dtype == kFloat16 ? 0x1p-24 : dtype == kFloat64 ? 0x1p-1074 : 0x1p-133;
  const double rounded = tolerance.rounded_between ? tolerance.ulps * unit * largest : 0;
  const double summed =
      tolerance.terms > 0 ? (tolerance.ulps + 2 * std::sqrt(static_cast<double>(tolerance.terms))) * sum_unit * largest
                          : 0;
  const double common = rounded + summed;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double allowed = exact ? 0 : tolerance.ulps * unit * std::fabs(b[i]) + common + smallest;
    if (std::fabs(a[i] - b[i]) <= allowed && std::isfinite(b[i])) continue;
    return fmt::format("element {} is {:.17g}, expected {:.17g} ({:.2g} epsilon of {} away, allowed {:.2g})", i, a[i],
                       b[i], std::fabs(a[i] - b[i]) / (unit > 0 ? unit * std::fabs(b[i]) : 1), name(dtype), allowed);
  }
  return "";
}

}  // namespace cresset::test
