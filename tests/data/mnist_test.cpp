#include <archive.h>
#include <archive_entry.h>
#include <cresset/data/loader.h>
#include <cresset/data/mnist.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "data/idx.h"
#include "data/real_data.h"
#include "data/synthetic.h"

namespace cresset::data {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

void write_gz(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  archive* out = archive_write_new();
  archive_write_add_filter_gzip(out);
  archive_write_set_format_raw(out);
  ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK);
  ASSERT_EQ(archive_write_data(out, content.data(), content.size()), static_cast<la_ssize_t>(content.size()));
  archive_entry_free(entry);
  archive_write_free(out);
}

class SmallMnist : public testing::Test {
 protected:
  SmallMnist() {
    write_gz(raw_ + "train-images-idx3-ubyte.gz", idx({12, 4, 5}, pixels(12, 20)));
    write_gz(raw_ + "train-labels-idx1-ubyte.gz", idx({12}, labels(12)));
    write_text(raw_ + "t10k-images-idx3-ubyte", idx({2, 4, 5}, pixels(2, 20)));
    write_text(raw_ + "t10k-labels-idx1-ubyte", idx({2}, labels(2)));
  }
  ScratchFolder folder_;
  const std::string raw_ = folder_ / "MNIST/raw/";
};

TEST_F(SmallMnist, ReadsCompressedAndPlainFiles) {
  for (const bool train : {true, false}) {
    const MNIST set{folder_.path(), {.train = train}};
    ASSERT_EQ(set.data.shape(), Shape({train ? 12 : 2, 4, 5}));
    for (std::int64_t i = 0; i < set.size(); ++i) {
      const auto [image, label] = set.get(i);
      EXPECT_EQ(label, i % 10);
      ASSERT_EQ(image.shape(), Shape({1, 4, 5}));
      for (std::int64_t k = 0; k < 20; ++k) ASSERT_EQ(image.data_ptr<std::uint8_t>()[k], pixel(i, k));
    }
  }
}

TEST_F(SmallMnist, TransformsTargets) {
  const MNIST set{folder_.path(), {.target_transform = [](std::int64_t label) { return 100 - label; }}};
  EXPECT_EQ(set.get(3).label, 97);
  EXPECT_EQ(set.targets[3].item(), 3);
  for (const int workers : {0, 2}) {
    std::int64_t i = 0;
    for (auto [images, labels] : DataLoader{set, {.batch_size = 5, .num_workers = workers}})
      for (std::int64_t k = 0; k < labels.size(0); ++k, ++i) EXPECT_EQ(labels[k].item(), 100 - i % 10);
    EXPECT_EQ(i, 12);
  }
}

TEST_F(SmallMnist, LooksInTheFoldersOfOthers) {
  EXPECT_EQ(MNIST(folder_ / "MNIST").size(), 12);
  EXPECT_EQ(MNIST(folder_ / "MNIST/raw").size(), 12);
  EXPECT_EQ(FashionMNIST(folder_ / "MNIST/raw/").size(), 12);
  const std::string root = folder_.path();
  EXPECT_EQ(message_of<IoError>([&] { FashionMNIST{root}; }),
            "FashionMNIST: train-images-idx3-ubyte or train-images-idx3-ubyte.gz must be in " + root +
                "/FashionMNIST/raw, " + root + "/raw or " + root + "; .download = true fetches it");
}

TEST_F(SmallMnist, ChecksLabelsAndCounts) {
  const std::string root = folder_.path(), path = raw_ + "t10k-labels-idx1-ubyte";
  write_text(path, idx({2}, {'\x01', '\x0a'}));
  EXPECT_EQ(message_of<ValueError>([&] { MNIST(root, {.train = false}); }),
            "MNIST: labels must be in [0, 10), " + path + " has 10 at 1");
  write_text(path, idx({3}, labels(3)));
  EXPECT_EQ(
      message_of<FormatError>([&] { MNIST(root, {.train = false}); }),
      "MNIST: images and labels must be as many, " + raw_ + "t10k-images-idx3-ubyte has 2 and " + path + " has 3");
}

TEST(Idx, RefusesDamage) {
  const ScratchFolder folder;
  const std::string path = folder / "f", whole = idx({2, 4, 5}, pixels(2, 20));
  const auto read = [&] { return read_idx(path, 3); };
  for (std::size_t size = 0; size < 16; ++size) {
    write_text(path, whole.substr(0, size));
    EXPECT_EQ(message_of<FormatError>(read),
              path + " must begin with an IDX header of 16 bytes, holds " + std::to_string(size) + " bytes");
  }
  for (std::size_t size = 16; size < whole.size(); ++size) {
    write_text(path, whole.substr(0, size));
    EXPECT_EQ(message_of<FormatError>(read),
              path + " must hold 40 bytes after the header ([2, 4, 5]), holds " + std::to_string(size - 16));
  }
  write_text(path, whole + "x");
  EXPECT_THAT(message_of<FormatError>(read), HasSubstr("holds 41"));
  write_text(path, idx({2}, labels(20)));
  EXPECT_EQ(message_of<FormatError>(read), path + " must begin with the magic number 0x00000803, got 0x00000801");
  write_text(path, idx({0xffffffff, 0xffffffff, 0xffffffff}, ""));
  EXPECT_THAT(message_of<FormatError>(read),
              HasSubstr(": sizes must be positive and give at most 2147483648 bytes, got [4294967295"));
  write_text(path, idx({2, 0, 5}, ""));
  EXPECT_THAT(message_of<FormatError>(read), HasSubstr("got [2, 0]"));
  std::filesystem::resize_file(path, (std::uintmax_t{1} << 31) + 1);  // takes no room on the disk
  EXPECT_EQ(message_of<FormatError>(read), path + " must hold at most 2147483648 bytes, holds 2147483649");
  EXPECT_EQ(message_of<IoError>([&] { read_idx(folder / "none", 3); }),
            "cannot open " + (folder / "none") + ": No such file or directory");
}

TEST(Idx, RefusesDamagedCompression) {
  const ScratchFolder folder;
  const std::string path = folder / "f.gz";
  write_gz(path, idx({2, 4, 5}, pixels(2, 20)));
  const std::string whole = read_text(path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_text(path, whole.substr(0, size));
    EXPECT_THAT(message_of<FormatError>([&] { read_idx(path, 3); }), StartsWith(path + " must ")) << size;
  }
  EXPECT_THAT(message_of<IoError>([&] { read_idx(folder / "none.gz", 3); }), StartsWith("cannot open "));
}

TEST(Mnist, ReadsTheRealData) {
  CRESSET_REAL_DATA(root, "MNIST/raw");
  const MNIST train{root}, test{root, {.train = false}};
  ASSERT_EQ(train.size(), 60000);
  ASSERT_EQ(test.size(), 10000);
  double sum = 0, squares = 0;
  const std::uint8_t* bytes = train.data.data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < train.data.numel(); ++i) {
    sum += bytes[i];
    squares += bytes[i] * bytes[i];
  }
  const double n = static_cast<double>(train.data.numel()), mean = sum / n;
  EXPECT_NEAR(mean / 255, 0.1307, 5e-5);
  EXPECT_NEAR(std::sqrt(squares / n - mean * mean) / 255, 0.3081, 5e-5);
  EXPECT_TRUE(train.targets.slice(0, 0, 5).equal(tensor({5, 0, 4, 1, 9})));
  EXPECT_EQ(train.classes[7], "7 - seven");
}

TEST(FashionMnist, ReadsDebiansFiles) {
  const std::string root = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(root)) GTEST_SKIP() << "the package dataset-fashion-mnist is not installed";
  const FashionMNIST train{root, {.transform = Compose{ToTensor{}, Normalize{{0.2860}, {0.3530}}}}};
  ASSERT_EQ(train.size(), 60000);
  const auto [image, label] = train[0];
  EXPECT_EQ(label, 9);
  EXPECT_EQ(train.classes[9], "Ankle boot");
  EXPECT_EQ(image.shape(), Shape({1, 28, 28}));
}

}  // namespace
}  // namespace cresset::data
