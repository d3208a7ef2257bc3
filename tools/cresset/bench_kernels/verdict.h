// Whether one measured time is shorter than another.
#pragma once

#include <string_view>

#include "statistics.h"

namespace cresset::program::bench {

enum class Verdict { faster, same, slower, ambiguous };
std::string_view name(Verdict verdict);

// Time divided by the time it is compared with, and the interval that holds the true ratio with the confidence asked
// for.
struct Ratio {
  double value, low, high;
};

// From the logarithms of the means, by Welch's t interval.
Ratio ratio_of(const Estimate& time, const Estimate& other, double confidence);

// `same`: the whole interval lies within `margin` of 1 (from 1 / (1 + margin) to 1 + margin). Otherwise `faster` or
// `slower` where it does not hold 1, and `ambiguous` where it does.
Verdict judge(const Ratio& ratio, double margin);

}  // namespace cresset::program::bench
