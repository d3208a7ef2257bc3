// The bytes of one picture in a file format, and what can be said of them before they are decoded.
#pragma once

#include <cresset/data/read_image.h>
#include <cresset/tensor.h>

#include <cstdint>
#include <span>
#include <string>

namespace cresset::data {

struct EncodedPicture {
  std::span<const std::uint8_t> bytes;
  std::string name;  // begins the messages of errors
};

// As read_image; FormatError.
Tensor decode_picture(const EncodedPicture& picture, ImageReadMode mode);

// Channels that the mode asks for, 0 for those of the file.
int channels_of(ImageReadMode mode);

// Throws where the header claims more pixels than are read, or than `least_bytes` of the file can hold.
void check_claim(const EncodedPicture& picture, const char* format, std::int64_t width, std::int64_t height,
                 std::int64_t least_bytes);

// Whether the bytes begin as the format does.
bool is_png(std::span<const std::uint8_t> bytes);
bool is_jpeg(std::span<const std::uint8_t> bytes);
bool is_bmp(std::span<const std::uint8_t> bytes);
bool is_pnm(std::span<const std::uint8_t> bytes);

// Every chunk whole, with its right check sum, from the header to the end mark; and a claim that can be.
// http://www.libpng.org/pub/png/spec/1.2/PNG-Structure.html
void check_png(const EncodedPicture& picture);
// Segments that lie inside of the file, one frame, and tables of at most 256 codes: decoders have trusted these
// figures. ITU-T T.81, annex B.
void check_jpeg(const EncodedPicture& picture);

// Binary PGM and PPM. https://netpbm.sourceforge.net/doc/ppm.html
Tensor decode_pnm(const EncodedPicture& picture, ImageReadMode mode);

}  // namespace cresset::data
