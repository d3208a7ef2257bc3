// Round numbers along an axis.
#pragma once

#include <string>
#include <vector>

namespace cresset::plot {

struct Axis {
  double low, high;  // the first and the last tick
  double step;       // 1, 2 or 5 times a power of ten; of no use on a logarithmic axis
  bool logarithmic = false;
  std::vector<double> ticks() const;
  // How far along the axis a value lies: 0 at its low, 1 at its high end.
  double place(double value) const;
  std::string text(double tick) const;
};
// About `count` steps that hold [low, high]; a range of one point is widened.
Axis round_axis(double low, double high, int count);
// A logarithmic axis that holds [low, high], 0 < low <= high: from and to 1, 2 or 5 times a power of ten.
Axis log_axis(double low, double high);

// "12,000", "0.25", "1e-05": as many digits as the step needs.
std::string tick_text(double value, double step);

}  // namespace cresset::plot
