// Pictures from files: tests/golden/pictures, written by tools/goldens_pictures.py, and broken ones.
#include <cresset/creation.h>
#include <cresset/data.h>
#include <cresset/ops.h>
#include <cresset/plot/image_grid.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "data/damaged_pictures.h"
#include "support/nobody.h"
#include "support/scratch_folder.h"
#include "test_paths.h"

namespace cresset::data {
namespace {

using Json = nlohmann::json;

const std::string kPictures = CRESSET_TEST_DIR "/golden/pictures/";

const std::map<std::string, ImageReadMode> kModes{{"unchanged", ImageReadMode::unchanged},
                                                  {"gray", ImageReadMode::gray},
                                                  {"gray_alpha", ImageReadMode::gray_alpha},
                                                  {"rgb", ImageReadMode::rgb},
                                                  {"rgb_alpha", ImageReadMode::rgb_alpha}};

// Grey levels that decoders may be apart. Colours are exact where nothing is computed; grey of colours is rounded in
// another way; inverse cosine transforms and the enlarging of chroma differ by what the standard allows.
double allowed(const std::string& name, const std::string& mode) {
  const bool jpeg = name.find(".j") != std::string::npos || name.find(".J") != std::string::npos;
  return jpeg ? 2 : mode.starts_with("gray") ? 1 : 0;
}

TEST(ReadImage, HasTorchvisionsPixels) {
  const Json golden = Json::parse(std::ifstream(kPictures + "pixels.json"));
  ASSERT_EQ(golden["pictures"].size(), 18u);
  for (const auto& [name, picture] : golden["pictures"].items())
    for (const auto& [mode, c] : picture["modes"].items()) {
      SCOPED_TRACE(name + ", " + mode);
      // There torchvision gives the numbers of colours, and an opaque pixel of fewer than 8 bits an alpha of 1.
      if (name == "palette.png" && mode == "unchanged") continue;
      if ((name == "palette.png" || name == "one_bit.png") && mode.ends_with("alpha")) continue;
      const Tensor image = read_image(kPictures + name, kModes.at(mode));
      EXPECT_EQ(image.dtype(), kUInt8);
      ASSERT_EQ(image.shape(), Shape(c["shape"].get<std::vector<std::int64_t>>()));
      const Tensor wanted = tensor(c["pixels"].get<std::vector<double>>()).view(image.shape());
      EXPECT_LE((image.to(kFloat32) - wanted).abs().max().item(), allowed(name, mode));
    }
  for (const char* name : {"palette.png", "one_bit.png", "full.jpg", "rgb.bmp", "rgb.ppm"}) {
    const Tensor colors = read_image(kPictures + name, ImageReadMode::rgb);
    const Tensor opaque = full({1, colors.size(1), colors.size(2)}, 255, {.dtype = kUInt8});
    EXPECT_TRUE(read_image(kPictures + name, ImageReadMode::rgb_alpha).equal(cat({colors, opaque}))) << name;
  }
  EXPECT_TRUE(read_image(kPictures + "palette.png").equal(read_image(kPictures + "palette.png", ImageReadMode::rgb)));
}

TEST(ReadImage, ReadsWhatSaveImageWrote) {
  const ScratchFolder folder;
  const Tensor image = randint(0, 256, {3, 13, 29}, {.generator = Generator(5)}).to(kUInt8);
  plot::save_image(image, folder / "x.png");
  EXPECT_TRUE(read_image(folder / "x.png").equal(image));
}

TEST(ReadImage, DecodesBytesInMemory) {
  const std::string file = read_text(kPictures + "rgb.png");
  const Tensor bytes = tensor(std::vector<std::int64_t>(file.begin(), file.end())).to(kUInt8);
  EXPECT_TRUE(decode_image(bytes).equal(read_image(kPictures + "rgb.png")));
  EXPECT_EQ(message_of<FormatError>([&] { decode_image(bytes.slice(0, 0, 100)); }),
            "decode_image: the PNG picture is cut short");
  EXPECT_EQ(message_of<FormatError>([] { decode_image(empty({0}, {.dtype = kUInt8})); }),
            "decode_image: there are no bytes");
  EXPECT_EQ(message_of<DTypeError>([] { decode_image(zeros({4})); }),
            "decode_image: the input must be uint8, got float32");
  EXPECT_EQ(message_of<ShapeError>([&] { decode_image(bytes.unsqueeze(0)); }).substr(0, 60),
            "decode_image: the input must have one dimension, got shape [");
}

TEST(ReadImage, SaysWhatCannotBeOpened) {
  const ScratchFolder folder;
  const std::string path = folder / "x.png";
  EXPECT_EQ(message_of<IoError>([&] { read_image(path); }),
            "read_image: cannot open " + path + ": No such file or directory");
  EXPECT_EQ(message_of<IoError>([&] { read_image(folder.path()); }),
            "read_image: " + folder.path() + " must be a file, is a folder");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(message_of<IoError>([&] { read_image(path); }),
            "read_image: " + path + " must be a file, is a device or a pipe");
}

TEST(ReadImage, SaysWhatMayNotBeRead) {
  const ScratchFolder folder;
  const std::string path = folder / "x.png";
  write_text(path, read_text(kPictures + "rgb.png"));
  std::filesystem::permissions(path, std::filesystem::perms::none);
  EXPECT_EQ(as_nobody(folder, [&] { return message_of<IoError>([&] { read_image(path); }); }),
            "cannot open " + path + ": Permission denied");
}

TEST(ReadImage, SaysWhatIsBroken) {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  const auto message = [&](const std::string& content) {
    write_text(path, content);
    const std::string text = message_of<FormatError>([&] { read_image(path); });
    const std::string begin = "read_image: " + path + ": ";
    return text.starts_with(begin) ? text.substr(begin.size()) : "(" + text + ")";
  };
  EXPECT_EQ(message(""), "there are no bytes");
  const std::string none = "is no picture that can be read: neither PNG, JPEG, BMP, PGM nor PPM";
  EXPECT_EQ(message("a"), none);
  EXPECT_EQ(message("<html>404</html>"), none);
  EXPECT_EQ(message("GIF89a" + std::string(100, 'x')), none);

  const std::string png = read_text(kPictures + "rgb.png");
  EXPECT_EQ(message(png.substr(0, png.size() - 1)), "the PNG picture is cut short");
  std::string damaged = png;
  damaged[60] ^= 4;
  EXPECT_EQ(message(damaged), "the PNG picture is damaged: a check sum is wrong 345 bytes before its end");
  EXPECT_EQ(message(png.substr(0, 8) + png.substr(33)), "the PNG picture must begin with its header");
  EXPECT_EQ(message(png_of(24, 17, 7, 2, "")), "the PNG picture cannot be decoded: 1/2/4/8/16-bit only");
  EXPECT_EQ(message(png_of(24, 17, 8, 2, "no deflate")), "the PNG picture cannot be decoded: bad zlib header");

  const std::string jpeg = read_text(kPictures + "halved.JPEG");
  EXPECT_EQ(message(jpeg.substr(0, jpeg.size() - 2)), "the JPEG picture is cut short");
  const std::size_t frame = jpeg.find("\xFF\xC0");
  EXPECT_EQ(message(jpeg.substr(0, frame) + jpeg.substr(frame, 19) + jpeg.substr(frame)),
            "the JPEG picture is damaged: it has a second frame");
  damaged = jpeg;
  damaged.replace(jpeg.find("\xFF\xC4") + 5, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(message(damaged), "the JPEG picture is damaged: a table of codes is too large");
  // 300 codes, all there: more than any table has.
  EXPECT_EQ(
      message("\xFF\xD8\xFF\xC4\x01\x3F" + std::string(15, '\0') + "\xFF\x2D" + std::string(300, 'x') + jpeg.substr(2)),
      "the JPEG picture is damaged: a table of codes is too large");
  EXPECT_EQ(message(std::string("\xFF\xD8\xFF\xE0\0\0", 6) + std::string(9, 'x')),
            "the JPEG picture is damaged: a segment has no length");
  EXPECT_EQ(message("\xFF\xD8\xFF\xD9"), "the JPEG picture cannot be decoded: unknown marker");

  EXPECT_EQ(message("P6 4 4\n255\n" + std::string(47, 'x')),
            "the PPM picture claims 4 x 4 pixels, more than its 58 bytes can hold; it is cut short or damaged");
  EXPECT_EQ(message("P5 4 x"), "the header of the PGM or PPM picture is damaged");
  EXPECT_EQ(message("P5 # to the end"), "the header of the PGM or PPM picture is damaged");
  EXPECT_EQ(message("P5 4 4 70000 "), "the greatest value of a PGM or PPM picture must be from 1 to 65535, got 70000");
  const std::string bmp = read_text(kPictures + "rgb.bmp");
  EXPECT_EQ(message(bmp.substr(0, bmp.size() - 1)), "the BMP picture is cut short");
  EXPECT_EQ(message("BMX"), "the BMP picture is cut short");
}

// However many pixels a header claims, no more memory is asked for than the file can fill.
TEST(ReadImage, BelievesNoHeader) {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  const auto message = [&](const std::string& content) {
    write_text(path, content);
    const std::string text = message_of<FormatError>([&] { read_image(path); });
    return text.substr(std::min(text.size(), ("read_image: " + path + ": ").size()));
  };
  EXPECT_EQ(message(png_of(1u << 31, 1u << 31, 8, 6, "x")),
            "the PNG picture claims 2147483648 x 2147483648 pixels; from 1 to 178956970 are read");
  EXPECT_EQ(message(png_of(46341, 46341, 8, 6, "x")),
            "the PNG picture claims 46341 x 46341 pixels; from 1 to 178956970 are read");
  EXPECT_EQ(message(png_of(0, 5, 8, 6, "x")), "the PNG picture claims 0 x 5 pixels; from 1 to 178956970 are read");
  EXPECT_EQ(message(png_of(10000, 10000, 8, 6, "x")),
            "the PNG picture claims 10000 x 10000 pixels, more than its 58 bytes can hold; it is cut short or damaged");
  std::string jpeg = read_text(kPictures + "full.jpg");
  jpeg.replace(jpeg.find("\xFF\xC0") + 5, 4, "\x27\x10\x27\x10");
  EXPECT_EQ(
      message(jpeg),
      "the JPEG picture claims 10000 x 10000 pixels, more than its 864 bytes can hold; it is cut short or damaged");
  EXPECT_EQ(message("P6 40000 40000 255\n"),
            "the PPM picture claims 40000 x 40000 pixels; from 1 to 178956970 are read");
  EXPECT_EQ(message("P6 9999999999 9999999999 255\n"),
            "the PPM picture claims 9999999999 x 9999999999 pixels; from 1 to 178956970 are read");
  std::string bmp = read_text(kPictures + "rgb.bmp");
  bmp.replace(18, 8, std::string("\x10\x27\0\0\x10\x27\0\0", 8));
  EXPECT_EQ(
      message(bmp),
      "the BMP picture claims 10000 x 10000 pixels, more than its 1278 bytes can hold; it is cut short or damaged");
  // What is packed may be far more than the header claims.
  EXPECT_EQ(message(png_of(1, 1, 8, 2, packed_zeros(40'000'000))),
            "the PNG picture is damaged: it holds more than its header claims");
}

// Whatever happens to a file, reading it ends, with a picture or a typed error.
TEST(ReadImage, OutlivesDamage) {
  const Generator generator(11);
  const auto number = [&](std::size_t below) {
    return static_cast<std::size_t>(randint(0, static_cast<std::int64_t>(below), {}, {.generator = generator}).item());
  };
  int read = 0, refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kPictures)) {
    if (entry.path().extension() == ".json") continue;
    const std::string whole = read_text(entry.path().string());
    for (int i = 0; i < 120; ++i) {
      std::string text = whole;
      for (std::size_t change = number(3) + 1; change > 0; --change)
        text[number(number(2) == 0 ? std::min<std::size_t>(text.size(), 200) : text.size())] =
            static_cast<char>(number(3) == 0 ? 255 : number(256));
      if (number(6) == 0) text.resize(number(text.size()));
      // Damage that check sums would show goes on to the decoder.
      if (number(2) == 0) text = with_right_check_sums(text);
      const Tensor bytes = empty({static_cast<std::int64_t>(text.size())}, {.dtype = kUInt8});
      if (!text.empty()) std::memcpy(bytes.data_ptr(), text.data(), text.size());
      try {
        ++read;
        decode_image(bytes, number(2) == 0 ? ImageReadMode::rgb : ImageReadMode::unchanged);
      } catch (const Error&) {
        --read;
        ++refused;
      }
    }
  }
  EXPECT_GT(read, 200);
  EXPECT_GT(refused, 800);
}

}  // namespace
}  // namespace cresset::data
