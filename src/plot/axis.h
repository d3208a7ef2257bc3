// Round numbers along an axis.
#pragma once

#include <string>
#include <vector>

namespace cresset::plot {

struct Axis {
  double low, high;  // the first and the last tick
  double step;       // 1, 2 or 5 times a power of ten
  std::vector<double> ticks() const;
};
// About `count` steps that hold [low, high]; a range of one point is widened.
Axis round_axis(double low, double high, int count);

// "12,000", "0.25", "1e-05": as many digits as the step needs.
std::string tick_text(double value, double step);

}  // namespace cresset::plot
