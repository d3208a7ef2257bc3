#include "plot/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cresset::plot {

namespace {

constexpr double kFactors[] = {1, 2, 5};
// Ends of axes were computed, so they are met only nearly.
constexpr double kNearly = 1e-9;

double decade_of(double value) { return std::pow(10, std::floor(std::log10(value) + kNearly)); }

}  // namespace

double Axis::place(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

std::string Axis::text(double tick) const { return tick_text(tick, logarithmic ? tick : step); }

std::vector<double> Axis::ticks() const {
  std::vector<double> out;
  if (logarithmic) {
    // Over many decades their beginnings are enough.
    const bool few = high / low <= 1e4;
    for (double decade = decade_of(low); decade <= high * (1 + kNearly); decade *= 10)
      for (const double factor : kFactors)
        if ((few || factor == 1) && factor * decade >= low * (1 - kNearly) && factor * decade <= high * (1 + kNearly))
          out.push_back(factor * decade);
    return out;
  }
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

Axis log_axis(double low, double high) {
  double from = decade_of(low), to = 10 * decade_of(high);
  for (const double factor : kFactors)
    if (factor * decade_of(low) <= low * (1 + kNearly)) from = factor * decade_of(low);
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * decade_of(high) >= high * (1 - kNearly)) to = factor * decade_of(high);
  if (from >= to * (1 - kNearly)) {
    from /= 10;
    to *= 10;
  }
  return {from, to, 1, true};
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
