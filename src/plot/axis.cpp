#include "plot/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cresset::plot {

std::vector<double> Axis::ticks() const {
  std::vector<double> out;
  const auto count = std::lround((high - low) / step);
  for (long i = 0; i <= count; ++i) out.push_back(low + static_cast<double>(i) * step);
  return out;
}

Axis round_axis(double low, double high, int count) {
  // Below this a step would vanish in the digits of the ends.
  const double least = std::max(std::abs(low), std::abs(high)) * 1e-9;
  if (high - low <= least) {
    const double wider = low == 0 ? 1 : std::abs(low) * 0.5;
    low -= wider;
    high += wider;
  }
  const double wanted = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(wanted)));
  double step = 10 * power;
  for (const double factor : {5, 2, 1})
    if (factor * power >= wanted * 0.999) step = factor * power;
  const double slack = 1e-9;
  return {std::floor(low / step + slack) * step, std::ceil(high / step - slack) * step, step};
}

std::string tick_text(double value, double step) {
  if (std::abs(value) < step * 1e-6) value = 0;
  const double magnitude = std::max(std::abs(value), step);
  if (magnitude >= 1e7 || step < 1e-4) return fmt::format("{:g}", value);
  const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  std::string text = fmt::format("{:.{}f}", value, digits);
  if (digits == 0)
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
      text.insert(text.begin() + at, ',');
  return text;
}

}  // namespace cresset::plot
