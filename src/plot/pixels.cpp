#include "plot/pixels.h"

#include <algorithm>
#include <cmath>

namespace cresset::plot {

Picture pixels_of(const Tensor& image, int scale) {
  const bool bytes = image.dtype() == kUInt8;
  const Tensor planes = (bytes ? image : image.to(kFloat32)).contiguous();
  const auto channels = planes.size(0), height = planes.size(1), width = planes.size(2);
  Picture out{static_cast<int>(width) * scale, static_cast<int>(height) * scale, {}};
  out.pixels.reserve(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) * 3);
  const auto value = [&](std::int64_t c, std::int64_t y, std::int64_t x) {
    const std::int64_t at = ((channels == 1 ? 0 : c) * height + y) * width + x;
    if (bytes) return planes.data_ptr<std::uint8_t>()[at];
    const float v = planes.data_ptr<float>()[at];
    return static_cast<std::uint8_t>(v > 0 ? std::lround(std::min(v, 1.0F) * 255) : 0);
  };
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int c = 0; c < 3; ++c) out.pixels.push_back(value(c, y / scale, x / scale));
  return out;
}

}  // namespace cresset::plot
