#include "plot/png.h"

#include <cresset/io/atomic_file.h>
#include <cresset/plot.h>

#include "core/check.h"

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

namespace cresset::plot {

std::string png_bytes(const Picture& picture, const std::string& operation) {
  check<ValueError>(picture.width > 0 && picture.height > 0, "{}: the picture must not be empty", operation);
  const std::size_t bytes_needed =
      std::size_t{3} * static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height);
  check<ValueError>(picture.pixels.size() == bytes_needed, "{}: a picture of {} by {} pixels takes {} bytes, has {}",
                    operation, picture.width, picture.height, bytes_needed, picture.pixels.size());
  std::string bytes;
  const auto collect = [](void* context, void* data, int size) {
    static_cast<std::string*>(context)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  const int good = stbi_write_png_to_func(collect, &bytes, picture.width, picture.height, 3, picture.pixels.data(),
                                          picture.width * 3);
  check<OutOfMemoryError>(good != 0, "{}: no memory to compress {} bytes of pixels", operation, bytes_needed);
  return bytes;
}

void save_png(const Picture& picture, const std::string& path) {
  const std::string bytes = png_bytes(picture, "save_png: " + path);
  io::AtomicFile file(path, "save_png");
  file.write(bytes);
  file.commit();
}

}  // namespace cresset::plot
