#include "verdict.h"

#include <cmath>
#include <limits>

namespace cresset::program::bench {

std::string_view name(Verdict verdict) {
  constexpr std::string_view names[] = {"faster", "same", "slower", "ambiguous"};
  return names[static_cast<int>(verdict)];
}

Ratio ratio_of(const Estimate& time, const Estimate& other, double confidence) {
  const double value = time.mean / other.mean;
  if (time.samples < 2 || other.samples < 2) return {value, 0, std::numeric_limits<double>::infinity()};
  // A small error of a mean, in parts of it, is the error of its logarithm.
  const double a = time.standard_error(), b = other.standard_error(), variance = a * a + b * b;
  if (variance == 0) return {value, value, value};
  const double degrees =
      variance * variance /
      (a * a * a * a / static_cast<double>(time.samples - 1) + b * b * b * b / static_cast<double>(other.samples - 1));
  const double half = student_t(confidence, degrees) * std::sqrt(variance);
  return {value, value * std::exp(-half), value * std::exp(half)};
}

Verdict judge(const Ratio& ratio, double margin) {
  if (ratio.low >= 1 / (1 + margin) && ratio.high <= 1 + margin) return Verdict::same;
  if (ratio.high < 1) return Verdict::faster;
  if (ratio.low > 1) return Verdict::slower;
  return Verdict::ambiguous;
}

}  // namespace cresset::program::bench
