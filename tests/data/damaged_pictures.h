// Pictures that no encoder writes.
#pragma once

#include <cstdint>
#include <string>

namespace cresset::data {

inline std::string big_endian(std::uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  return text;
}

inline std::uint32_t png_check_sum(const std::string& named) {
  std::uint32_t c = 0xFFFFFFFFu;
  for (const char byte : named) {
    c ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0xEDB88320u : 0);
  }
  return ~c;
}

inline std::string png_chunk(const std::string& named) {
  return big_endian(static_cast<std::uint32_t>(named.size()) - 4) + named + big_endian(png_check_sum(named));
}

// A PNG with right check sums that claims these figures; `data` is its packed pixels.
inline std::string png_of(std::uint32_t width, std::uint32_t height, char depth, char color_type,
                          const std::string& data) {
  const std::string header = big_endian(width) + big_endian(height) + depth + color_type + std::string(3, '\0');
  return "\x89PNG\r\n\x1A\n" + png_chunk("IHDR" + header) + png_chunk("IDAT" + data) + png_chunk("IEND");
}

// A zlib stream of so many zeros or a few more, a thousandth as long: one literal, then repeats of 258 bytes.
inline std::string packed_zeros(std::size_t count) {
  std::string bits =
      "11000110000";  // the last block, of fixed codes; byte 0 (RFC 1951; codes begin with their first bit)
  for (std::size_t done = 1; done < count; done += 258) bits += "1100010100000";
  bits += "0000000";
  std::string text = "\x78\x01";
  for (std::size_t i = 0; i < bits.size(); i += 8) {
    int byte = 0;
    for (std::size_t k = 0; k < 8 && i + k < bits.size(); ++k) byte |= (bits[i + k] - '0') << k;
    text += static_cast<char>(byte);
  }
  return text + std::string(4, '\0');
}

// Makes check sums right where the text is a PNG whose chunks can be found.
inline std::string with_right_check_sums(std::string text) {
  if (!text.starts_with("\x89PNG")) return text;
  for (std::size_t at = 8; at + 12 <= text.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<std::uint8_t>(text[at + i]);
    if (length > text.size() - at - 12) break;
    text.replace(at + 8 + length, 4, big_endian(png_check_sum(text.substr(at + 4, 4 + length))));
    at += 12 + length;
  }
  return text;
}

}  // namespace cresset::data
