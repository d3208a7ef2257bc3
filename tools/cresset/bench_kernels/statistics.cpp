#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace cresset::program::bench {
namespace {

// The weight of [-t, t] for whole degrees of freedom: Abramowitz and Stegun, 26.7.3 and 26.7.4.
double weight_within(double t, long degrees) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1, sum = degrees == 1 ? 0 : term;
  for (long k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= cosine * cosine * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (angle + sine * sum) : sine * sum;
}

}  // namespace

double student_t(double confidence, double degrees_of_freedom) {
  // Beyond this the distribution is the normal one to more digits than anybody reads.
  const long degrees = std::clamp(std::lround(std::floor(degrees_of_freedom + 1e-6)), 1L, 2000L);
  double low = 0, high = 1;
  while (weight_within(high, degrees) < confidence && high < 1e9) high *= 2;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (weight_within(middle, degrees) < confidence ? low : high) = middle;
  }
  return high;
}

double Estimate::standard_error() const { return deviation / std::sqrt(static_cast<double>(samples)); }

double Estimate::relative_error(double confidence) const {
  if (samples < 2) return std::numeric_limits<double>::infinity();
  return student_t(confidence, static_cast<double>(samples - 1)) * standard_error();
}

Estimate estimate(const std::vector<double>& samples) {
  const auto n = static_cast<double>(samples.size());
  double sum = 0, squares = 0;
  for (const double s : samples) sum += s;
  const double mean = sum / n;
  for (const double s : samples) squares += (s - mean) * (s - mean);
  const double deviation = samples.size() < 2 || mean == 0 ? 0 : std::sqrt(squares / (n - 1)) / mean;
  return {mean, *std::min_element(samples.begin(), samples.end()), deviation, samples.size()};
}

}  // namespace cresset::program::bench
