#include "data/picture.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/check.h"

namespace cresset::data {
namespace {

// Pillow's limit for what it takes for an attack.
constexpr std::int64_t kMostPixels = 178'956'970;

using Bytes = std::span<const std::uint8_t>;

bool begins(Bytes bytes, std::string_view with) {
  return bytes.size() >= with.size() && std::equal(with.begin(), with.end(), bytes.begin(), [](char a, std::uint8_t b) {
           return static_cast<std::uint8_t>(a) == b;
         });
}

std::uint32_t big_endian(Bytes four) {
  return std::uint32_t{four[0]} << 24 | std::uint32_t{four[1]} << 16 | std::uint32_t{four[2]} << 8 | four[3];
}

// The CRC of PNG's chunks (ISO 3309).
constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t c = n;
    for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
    table[n] = c;
  }
  return table;
}

std::uint32_t crc(Bytes bytes) {
  static constexpr auto kTable = crc_table();
  std::uint32_t c = 0xFFFFFFFFu;
  for (const std::uint8_t byte : bytes) c = kTable[(c ^ byte) & 0xFF] ^ (c >> 8);
  return ~c;
}

constexpr std::string_view kPngMark{"\x89PNG\r\n\x1A\n", 8};

// Bits of a pixel by PNG's colour type, 0 where there is no such type.
std::int64_t bits_of_pixel(std::uint8_t depth, std::uint8_t color_type) {
  constexpr std::array samples{1, 0, 3, 1, 2, 0, 4};
  return color_type < samples.size() ? std::int64_t{samples[color_type]} * depth : 0;
}

}  // namespace

int channels_of(ImageReadMode mode) { return static_cast<int>(mode); }

bool is_png(Bytes bytes) { return begins(bytes, kPngMark); }
bool is_jpeg(Bytes bytes) { return begins(bytes, "\xFF\xD8\xFF"); }
bool is_bmp(Bytes bytes) { return begins(bytes, "BM"); }
bool is_pnm(Bytes bytes) { return begins(bytes, "P5") || begins(bytes, "P6"); }

void check_claim(const EncodedPicture& picture, const char* format, std::int64_t width, std::int64_t height,
                 std::int64_t least_bytes) {
  check<FormatError>(width > 0 && height > 0 && height <= kMostPixels / width,
                     "{}: the {} picture claims {} x {} pixels; from 1 to {} are read", picture.name, format, width,
                     height, kMostPixels);
  check<FormatError>(least_bytes <= static_cast<std::int64_t>(picture.bytes.size()),
                     "{}: the {} picture claims {} x {} pixels, more than its {} bytes can hold; it is cut short or "
                     "damaged",
                     picture.name, format, width, height, picture.bytes.size());
}

void check_png(const EncodedPicture& picture) {
  Bytes rest = picture.bytes.subspan(kPngMark.size());
  for (bool first = true;; first = false) {
    // Length, name, data, check sum.
    const std::size_t length = rest.size() < 12 ? 0 : big_endian(rest);
    check<FormatError>(rest.size() >= 12 && length <= rest.size() - 12, "{}: the PNG picture is cut short",
                       picture.name);
    const Bytes named = rest.subspan(4, 4 + length);
    check<FormatError>(crc(named) == big_endian(rest.subspan(8 + length)),
                       "{}: the PNG picture is damaged: a check sum is wrong {} bytes before its end", picture.name,
                       rest.size());
    if (first) {
      check<FormatError>(begins(named, "IHDR") && length == 13, "{}: the PNG picture must begin with its header",
                         picture.name);
      const std::int64_t width = big_endian(named.subspan(4)), height = big_endian(named.subspan(8));
      check_claim(picture, "PNG", width, height, 1);
      // Deflate gives at most 1032 bytes for one.
      check_claim(picture, "PNG", width, height, width * height * bits_of_pixel(named[12], named[13]) / 8 / 1032);
    }
    if (begins(named, "IEND")) return;
    rest = rest.subspan(12 + length);
  }
}

void check_jpeg(const EncodedPicture& picture) {
  const Bytes bytes = picture.bytes;
  int frames = 0;
  for (std::size_t at = 2; at + 1 < bytes.size();) {
    const std::uint8_t marker = bytes[at + 1];
    // Pixels, where a 0 or a restart mark follows 255; padding; and marks without a segment.
    if (bytes[at] != 0xFF || marker == 0xFF) {
      ++at;
      continue;
    }
    if (marker <= 1 || (marker >= 0xD0 && marker <= 0xD8)) {
      at += 2;
      continue;
    }
    if (marker == 0xD9) return;
    const std::size_t length = at + 3 < bytes.size() ? std::size_t{bytes[at + 2]} << 8 | bytes[at + 3] : bytes.size();
    check<FormatError>(length <= bytes.size() - at - 2, "{}: the JPEG picture is cut short", picture.name);
    check<FormatError>(length >= 2, "{}: the JPEG picture is damaged: a segment has no length", picture.name);
    const bool tables = marker == 0xC4, frame = marker == 0xC0 || ((marker & 0xF0) == 0xC0 && (marker & 3) != 0);
    if (frame) ++frames;
    check<FormatError>(frames <= 1, "{}: the JPEG picture is damaged: it has a second frame", picture.name);
    Bytes rest = tables ? bytes.subspan(at + 4, length - 2) : Bytes();
    while (!rest.empty()) {
      std::size_t codes = 0;
      for (std::size_t i = 1; i <= 16 && i < rest.size(); ++i) codes += rest[i];
      check<FormatError>(codes <= 256 && 17 + codes <= rest.size(),
                         "{}: the JPEG picture is damaged: a table of codes is too large", picture.name);
      rest = rest.subspan(17 + codes);
    }
    at += 2 + length;
  }
  fail<FormatError>("{}: the JPEG picture is cut short", picture.name);
}

}  // namespace cresset::data
