#include <cresset/plot.h>

#include <algorithm>

#include "core/check.h"
#include "plot/drawing.h"
#include "plot/pixels.h"

namespace cresset::plot {
namespace {

constexpr int kGap = 12, kText = 1, kTitle = 2;

}  // namespace

Figure draw_grid(const Tensor& images, const std::vector<Caption>& captions, const GridOptions& options) {
  check<ShapeError>(images.dim() == 4 && (images.size(1) == 1 || images.size(1) == 3),
                    "plot: images must have the shape [N, 1 or 3, H, W], got {}", images.shape().str());
  check<DTypeError>(images.dtype() == kUInt8 || images.is_floating_point(),
                    "plot: images must be uint8 or floating, got {}", name(images.dtype()));
  const std::int64_t count = images.size(0);
  check<ValueError>(captions.empty() || static_cast<std::int64_t>(captions.size()) == count,
                    "plot: there must be no captions or one an image, got {} for {} images", captions.size(), count);
  check<ValueError>(options.columns >= 1 && options.scale >= 1,
                    "plot: columns and scale must be at least 1, got {} and {}", options.columns, options.scale);
  const std::int64_t cell_width = images.size(3) * options.scale, cell_height = images.size(2) * options.scale;
  std::size_t caption_lines = 0;
  for (const Caption& c : captions) caption_lines = std::max(caption_lines, c.size());
  const std::int64_t text = static_cast<std::int64_t>(caption_lines) * line_height(kText);
  const std::int64_t columns = std::min<std::int64_t>(options.columns, std::max<std::int64_t>(count, 1));
  const std::int64_t rows = (count + columns - 1) / columns;
  const int title = options.title.empty() ? 0 : line_height(kTitle) + 8;
  const std::int64_t width = kGap + columns * (cell_width + kGap);
  const std::int64_t height = kGap + title + rows * (cell_height + 4 + text + kGap);
  check<ValueError>(width <= 20000 && height <= 20000,
                    "plot: a grid must be at most 20000 by 20000 pixels, this one would have {} by {}", width, height);

  const Tensor host = images.detach().cpu();
  Drawing drawing(static_cast<int>(width), static_cast<int>(height));
  drawing.text(kGap, kGap, text_that_fits(options.title, kTitle, drawing.width() - 2 * kGap),
               {.scale = kTitle, .bold = true});
  for (std::int64_t i = 0; i < count; ++i) {
    const int x = static_cast<int>(kGap + i % columns * (cell_width + kGap));
    int y = static_cast<int>(kGap + title + i / columns * (cell_height + 4 + text + kGap));
    drawing.image(x, y, pixels_of(host[i], 1), options.scale);
    if (captions.empty()) continue;
    y += static_cast<int>(cell_height) + 5;
    for (const CaptionLine& line : captions[static_cast<std::size_t>(i)]) {
      drawing.text(x, y, text_that_fits(line.text, kText, static_cast<int>(cell_width)),
                   {.scale = kText, .color = line.color});
      y += line_height(kText);
    }
  }
  return Figure(std::move(drawing));
}

}  // namespace cresset::plot
