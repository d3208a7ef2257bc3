#include <cresset/data/read_image.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "core/check.h"
#include "data/file.h"
#include "data/picture.h"

namespace cresset::data {

Tensor read_image(const std::string& path, ImageReadMode mode) {
  // Before it is opened: a pipe would wait for its writer.
  struct stat status {};
  const int error = ::stat(path.c_str(), &status) == 0 ? 0 : errno;
  check<IoError>(error == 0, "read_image: cannot open {}: {}", path, std::generic_category().message(error));
  check<IoError>(S_ISREG(status.st_mode), "read_image: {} must be a file, is {}", path,
                 S_ISDIR(status.st_mode) ? "a folder" : "a device or a pipe");
  const File file = File::open_to_read(path);
  constexpr std::int64_t kMostBytes = (std::int64_t{1} << 31) - 1;
  check<FormatError>(file.size() <= kMostBytes, "read_image: {}: must hold at most {} bytes, holds {}", path,
                     kMostBytes, file.size());
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.size()));
  bytes.resize(file.read(bytes.data(), bytes.size()));
  return decode_picture({bytes, "read_image: " + path}, mode);
}

Tensor decode_image(const Tensor& input, ImageReadMode mode) {
  check<DTypeError>(input.dtype() == kUInt8, "decode_image: the input must be uint8, got {}", name(input.dtype()));
  check<ShapeError>(input.dim() == 1, "decode_image: the input must have one dimension, got shape {}", input.shape());
  check<DeviceError>(input.device().is_cpu(), "decode_image: the input must be on the CPU, is on {}", input.device());
  const Tensor bytes = input.contiguous();
  if (bytes.numel() == 0) return decode_picture({{}, "decode_image"}, mode);
  return decode_picture({{bytes.data_ptr<std::uint8_t>(), static_cast<std::size_t>(bytes.numel())}, "decode_image"},
                        mode);
}

}  // namespace cresset::data
