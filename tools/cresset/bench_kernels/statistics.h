// The mean of repeated measurements, and how well it is known.
#pragma once

#include <cstddef>
#include <vector>

namespace cresset::program::bench {

// The t for which Student's distribution with so many degrees of freedom (at least 1) has `confidence` (in (0, 1)) of
// its weight in [-t, t].
double student_t(double confidence, double degrees_of_freedom);

// A mean of `samples` values; `deviation` is the standard deviation of one of them, in parts of the mean.
struct Estimate {
  double mean = 0, least = 0, deviation = 0;
  std::size_t samples = 0;

  // Of the mean, in parts of it.
  double standard_error() const;
  // Half the width of the interval that holds the true mean with this confidence, in parts of the mean; infinite with
  // fewer than two samples.
  double relative_error(double confidence) const;
};

// At least one sample.
Estimate estimate(const std::vector<double>& samples);

}  // namespace cresset::program::bench
