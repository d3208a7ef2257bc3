#include <cresset/io/atomic_file.h>

#include "plot/drawing.h"

namespace cresset::plot {

void save_png(const Figure& figure, const std::string& path) { save_png(figure.picture(), path); }

void save_svg(const Figure& figure, const std::string& path) {
  const std::string text = figure.svg();
  io::AtomicFile file(path, "save_svg");
  file.write(text);
  file.commit();
}

}  // namespace cresset::plot
