#include <cresset/creation.h>

#include "core/check.h"
#include "data/picture.h"

namespace cresset::data {
namespace {

bool is_space(std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Numbers between spaces and comments, which run from # to the end of the line.
class Header {
 public:
  explicit Header(const EncodedPicture& picture) : picture_(picture) {}

  std::int64_t number() {
    const auto bytes = picture_.bytes;
    for (bool comment = false; at_ < bytes.size() && (comment || is_space(bytes[at_]) || bytes[at_] == '#'); ++at_)
      comment = bytes[at_] != '\n' && (comment || bytes[at_] == '#');
    std::int64_t value = 0;
    const std::size_t first = at_;
    for (; at_ < bytes.size() && bytes[at_] >= '0' && bytes[at_] <= '9' && at_ - first < 10; ++at_)
      value = 10 * value + bytes[at_] - '0';
    check<FormatError>(at_ > first && at_ < bytes.size(), "{}: the header of the PGM or PPM picture is damaged",
                       picture_.name);
    return value;
  }
  // Where the pixels begin: one space behind the last number.
  std::size_t end() const { return at_ + 1; }

 private:
  const EncodedPicture& picture_;
  std::size_t at_ = 2;
};

}  // namespace

Tensor decode_pnm(const EncodedPicture& picture, ImageReadMode mode) {
  Header header(picture);
  const std::int64_t width = header.number(), height = header.number(), most = header.number();
  check<FormatError>(most >= 1 && most <= 65535,
                     "{}: the greatest value of a PGM or PPM picture must be from 1 to 65535, got {}", picture.name,
                     most);
  const bool color = picture.bytes[1] == '6';
  const std::int64_t samples = color ? 3 : 1, sample_bytes = most > 255 ? 2 : 1;
  check_claim(picture, color ? "PPM" : "PGM", width, height, 1);
  check_claim(picture, color ? "PPM" : "PGM", width, height,
              static_cast<std::int64_t>(header.end()) + width * height * samples * sample_bytes);

  const std::int64_t channels = mode == ImageReadMode::unchanged ? samples : channels_of(mode), plane = width * height;
  Tensor image = empty({channels, height, width}, {.dtype = kUInt8});
  auto* const out = image.data_ptr<std::uint8_t>();
  const std::uint8_t* in = picture.bytes.data() + header.end();
  for (std::int64_t i = 0; i < plane; ++i) {
    int pixel[3];
    for (std::int64_t s = 0; s < samples; ++s, in += sample_bytes) {
      const std::int64_t value = std::min<std::int64_t>(sample_bytes == 2 ? in[0] << 8 | in[1] : in[0], most);
      pixel[s] = static_cast<int>((value * 255 + most / 2) / most);
    }
    for (std::int64_t c = 0; c < channels; ++c) {
      const bool alpha = channels % 2 == 0 && c + 1 == channels;
      const int grey = color ? (77 * pixel[0] + 150 * pixel[1] + 29 * pixel[2]) >> 8 : pixel[0];
      out[c * plane + i] = static_cast<std::uint8_t>(alpha ? 255 : color && channels >= 3 ? pixel[c] : grey);
    }
  }
  return image;
}

}  // namespace cresset::data
