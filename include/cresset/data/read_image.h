// Pictures from files, with the words of torchvision.io.
#pragma once

#include <cresset/tensor.h>

#include <cstdint>
#include <string>

namespace cresset::data {

// Which channels a decoded picture has. `unchanged`: those of the file, where a palette counts as the colours in it and
// CMYK as the RGB that it stands for.
enum class ImageReadMode : std::uint8_t { unchanged, gray, gray_alpha, rgb, rgb_alpha };

// A PNG, JPEG, BMP, PGM or PPM picture (the last two in their binary form) as uint8 [C, H, W] with C from 1 to 4.
// Samples of 16 bits keep their upper 8; alpha is left out or added as opaque, not mixed in; no orientation that the
// file asks for is applied. IoError where the file cannot be read or is no regular file; FormatError, with the path and
// what is wrong, where it is empty, no such picture, cut short, damaged (PNG: by its check sums; of a JPEG's pixels
// only what cannot be decoded shows), or claims more than 178,956,970 pixels (Pillow's limit) or more than the file can
// hold: what the header claims is never allocated on its word alone.
// https://docs.pytorch.org/vision/stable/generated/torchvision.io.read_image.html
CRESSET_API Tensor read_image(const std::string& path, ImageReadMode mode = ImageReadMode::unchanged);

// The same of bytes in memory: uint8 [n] on the CPU (DTypeError, ShapeError, DeviceError otherwise).
CRESSET_API Tensor decode_image(const Tensor& input, ImageReadMode mode = ImageReadMode::unchanged);

}  // namespace cresset::data
