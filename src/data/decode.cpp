// PNG, JPEG and BMP by stb_image, the only place that holds it.
#include <cresset/creation.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/check.h"
#include "data/picture.h"

namespace {

// Blocks that the decoder asks for: what is packed may unpack to far more than the header claims.
struct Memory {
  std::size_t largest = 0;
  bool refused = false;

  bool allows(std::size_t bytes) {
    refused = refused || bytes > largest;
    return bytes <= largest;
  }
};
thread_local Memory memory;

void* take(std::size_t bytes) { return memory.allows(bytes) ? std::malloc(bytes) : nullptr; }
void* take_again(void* block, std::size_t bytes) { return memory.allows(bytes) ? std::realloc(block, bytes) : nullptr; }

}  // namespace

#define STBI_MALLOC(bytes) take(bytes)
#define STBI_REALLOC(block, bytes) take_again(block, bytes)
#define STBI_FREE(block) std::free(block)
#define STBI_ASSERT(condition) static_cast<void>(0)
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_ONLY_BMP
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

namespace cresset::data {
namespace {

// Hands the bytes to the decoder and notices when it wants more than there are: it would go on with zeros.
struct Reader {
  std::span<const std::uint8_t> rest;
  bool past_end = false;

  static int read(void* self, char* to, int wanted) {
    auto& [rest, past_end] = *static_cast<Reader*>(self);
    if (rest.empty()) past_end = true;
    const std::size_t count = std::min(rest.size(), static_cast<std::size_t>(wanted));
    if (count > 0) std::memcpy(to, rest.data(), count);
    rest = rest.subspan(count);
    return static_cast<int>(count);
  }
  static void skip(void* self, int wanted) {
    auto& [rest, past_end] = *static_cast<Reader*>(self);
    const std::size_t count = std::min(rest.size(), static_cast<std::size_t>(std::max(wanted, 0)));
    if (wanted > 0 && count < static_cast<std::size_t>(wanted)) past_end = true;
    rest = rest.subspan(count);
  }
  static int at_end(void* self) { return static_cast<Reader*>(self)->rest.empty() ? 1 : 0; }
};
constexpr stbi_io_callbacks kCallbacks{Reader::read, Reader::skip, Reader::at_end};

struct Free {
  void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

[[noreturn]] void fail_on(const EncodedPicture& picture, const char* format, const Reader& reader) {
  check<FormatError>(!reader.past_end, "{}: the {} picture is cut short", picture.name, format);
  check<FormatError>(!memory.refused, "{}: the {} picture is damaged: it holds more than its header claims",
                     picture.name, format);
  const std::string_view reason = stbi_failure_reason();
  check<OutOfMemoryError>(reason != "outofmem", "{}: no memory for the pixels of the {} picture", picture.name, format);
  fail<FormatError>("{}: the {} picture cannot be decoded: {}", picture.name, format, reason);
}

// One after the other becomes one plane after the other.
Tensor planes_of(const stbi_uc* pixels, std::int64_t channels, std::int64_t height, std::int64_t width) {
  Tensor image = empty({channels, height, width}, {.dtype = kUInt8});
  auto* const out = image.data_ptr<std::uint8_t>();
  const std::int64_t plane = height * width;
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t i = 0; i < plane; ++i) out[c * plane + i] = pixels[i * channels + c];
  return image;
}

Tensor decode_by_stb(const EncodedPicture& picture, const char* format, ImageReadMode mode) {
  const auto bytes = static_cast<std::int64_t>(picture.bytes.size());
  memory = {.largest = std::size_t{1} << 20};
  int width = 0, height = 0, channels = 0;
  Reader header{picture.bytes};
  if (stbi_info_from_callbacks(&kCallbacks, &header, &width, &height, &channels) == 0) {
    // The reason is that of the last format that was tried; decoding gives the right one.
    header = {picture.bytes};
    stbi_image_free(stbi_load_from_callbacks(&kCallbacks, &header, &width, &height, &channels, 0));
    fail_on(picture, format, header);
  }
  // JPEG takes at least a bit for a block of 64 pixels, BMP for each pixel.
  check_claim(picture, format, width, height, 1);
  if (std::string_view(format) != "PNG")
    check_claim(picture, format, width, height,
                std::int64_t{width} * height / (std::string_view(format) == "JPEG" ? 512 : 8));

  // Coefficients of 16 bits for blocks of up to 32 pixels beyond the border, or 16-bit samples; and the packed bytes.
  memory = {.largest = static_cast<std::size_t>((std::int64_t{width} + 64) * (std::int64_t{height} + 64) * 16 +
                                                4 * bytes + (std::int64_t{1} << 20))};
  const int wanted = channels_of(mode);
  Reader reader{picture.bytes};
  const std::unique_ptr<stbi_uc, Free> pixels(
      stbi_load_from_callbacks(&kCallbacks, &reader, &width, &height, &channels, wanted));
  if (pixels == nullptr || reader.past_end) fail_on(picture, format, reader);
  return planes_of(pixels.get(), wanted == 0 ? channels : wanted, height, width);
}

}  // namespace

Tensor decode_picture(const EncodedPicture& picture, ImageReadMode mode) {
  check<ValueError>(mode <= ImageReadMode::rgb_alpha, "{}: there is no such mode", picture.name);
  check<FormatError>(!picture.bytes.empty(), "{}: there are no bytes", picture.name);
  if (is_png(picture.bytes)) {
    check_png(picture);
    return decode_by_stb(picture, "PNG", mode);
  }
  if (is_jpeg(picture.bytes)) {
    check_jpeg(picture);
    return decode_by_stb(picture, "JPEG", mode);
  }
  if (is_bmp(picture.bytes)) return decode_by_stb(picture, "BMP", mode);
  check<FormatError>(is_pnm(picture.bytes), "{}: is no picture that can be read: neither PNG, JPEG, BMP, PGM nor PPM",
                     picture.name);
  return decode_pnm(picture, mode);
}

}  // namespace cresset::data
