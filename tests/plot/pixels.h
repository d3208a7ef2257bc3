// Looking at pictures.
#pragma once

#include <cresset/plot.h>

namespace cresset::plot {

inline Color at(const Picture& p, int x, int y) {
  const std::uint8_t* c = &p.pixels[static_cast<std::size_t>((y * p.width + x) * 3)];
  return {c[0], c[1], c[2]};
}
inline int count(const Picture& p, Color color) {
  int n = 0;
  for (int y = 0; y < p.height; ++y)
    for (int x = 0; x < p.width; ++x) n += at(p, x, y) == color;
  return n;
}
inline constexpr Color kFirstLine{31, 119, 180}, kSecondLine{230, 97, 0};

}  // namespace cresset::plot
