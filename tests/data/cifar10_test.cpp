#include <cresset/data/cifar10.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/cifar10_files.h"
#include "data/real_data.h"
#include "data/synthetic.h"

namespace cresset::data {
namespace {

using testing::StartsWith;

Cifar10Layout small() {
  Cifar10Layout layout;
  layout.records_per_file = 3;
  return layout;
}

class SmallCifar10 : public testing::Test {
 protected:
  SmallCifar10() { write_cifar10(bins_, 3); }
  std::pair<Tensor, Tensor> read(bool train = true) const {
    return read_cifar10(folder_.path(), train, false, small());
  }
  ScratchFolder folder_;
  const std::string bins_ = folder_ / "cifar-10-batches-bin";
};

TEST_F(SmallCifar10, ReadsPixelsAndLabels) {
  for (const bool train : {true, false}) {
    const auto [images, labels] = read(train);
    ASSERT_EQ(images.shape(), Shape({train ? 15 : 3, 3, 32, 32}));
    ASSERT_EQ(labels.shape(), Shape({train ? 15 : 3}));
    for (std::int64_t i = 0; i < images.size(0); ++i) {
      const std::int64_t number = train ? i : 1000 + i;
      EXPECT_EQ(labels.data_ptr<std::int64_t>()[i], number % 10);
      for (std::int64_t k = 0; k < 3072; ++k)
        ASSERT_EQ(images.data_ptr<std::uint8_t>()[i * 3072 + k], pixel(number, k)) << i << " " << k;
    }
  }
}

TEST_F(SmallCifar10, FindsTheFolderItself) {
  EXPECT_TRUE(read_cifar10(bins_, true, false, small()).first.equal(read().first));
}

TEST_F(SmallCifar10, NamesAMissingFile) {
  std::filesystem::remove(bins_ + "/data_batch_4.bin");
  EXPECT_EQ(message_of<IoError>([&] { read(); }), "CIFAR10: " + bins_ + "/data_batch_4.bin must be there (or in " +
                                                      folder_.path() + "); .download = true fetches it");
  EXPECT_EQ(
      message_of<IoError>([] { CIFAR10("/nonexistent"); }),
      "CIFAR10: /nonexistent/cifar-10-batches-bin/data_batch_1.bin must be there (or in /nonexistent); .download = "
      "true fetches it");
}

TEST_F(SmallCifar10, RefusesFilesOfAnotherSize) {
  const std::string path = bins_ + "/data_batch_2.bin", whole = read_text(path);
  for (std::size_t size = 0; size < whole.size(); size += 613) {
    write_text(path, whole.substr(0, size));
    EXPECT_EQ(
        message_of<FormatError>([&] { read(); }),
        "CIFAR10: " + path + " must hold 3 records of 3073 bytes (9219), holds " + std::to_string(size) + " bytes");
  }
  write_text(path, whole + "x");
  EXPECT_THAT(message_of<FormatError>([&] { read(); }), StartsWith("CIFAR10: " + path));
}

TEST_F(SmallCifar10, RefusesALabelOutOfRange) {
  const std::string path = bins_ + "/data_batch_2.bin";
  std::string content = read_text(path);
  content[3073] = '\x0a';
  write_text(path, content);
  EXPECT_EQ(message_of<ValueError>([&] { read(); }),
            "CIFAR10: labels must be in [0, 10), " + path + " has 10 in record 1");
}

TEST(Cifar10, ReadsTheRealData) {
  CRESSET_REAL_DATA(root, "cifar-10-batches-bin/data_batch_1.bin");
  const CIFAR10 train{root};
  ASSERT_EQ(train.size(), 50000);
  EXPECT_EQ(train.data.shape(), Shape({50000, 3, 32, 32}));
  EXPECT_TRUE(train.targets.slice(0, 0, 10).equal(tensor({6, 9, 9, 4, 1, 1, 2, 7, 8, 3})));
  EXPECT_EQ(train.classes[9], "truck");
  // Published with the data: mean (0.49140, 0.48216, 0.44653), std (0.24703, 0.24349, 0.26159); 5,000 of each class
  // here.
  const double mean[] = {0.49140, 0.48216, 0.44653}, std[] = {0.24703, 0.24349, 0.26159};
  for (int c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    const std::uint8_t* bytes = train.data.data_ptr<std::uint8_t>();
    for (std::int64_t i = 0; i < 50000; ++i)
      for (std::int64_t k = 0; k < 1024; ++k) {
        const double x = bytes[i * 3072 + c * 1024 + k];
        sum += x;
        squares += x * x;
      }
    const double n = 50000.0 * 1024, m = sum / n;
    EXPECT_NEAR(m / 255, mean[c], 1e-5);
    EXPECT_NEAR(std::sqrt(squares / n - m * m) / 255, std[c], 1e-5);
  }
  std::vector<int> count(10);
  for (std::int64_t i = 0; i < 50000; ++i) ++count[static_cast<std::size_t>(train.targets.data_ptr<std::int64_t>()[i])];
  EXPECT_EQ(count, std::vector<int>(10, 5000));

  const CIFAR10 test{root + "/cifar-10-batches-bin", {.train = false, .transform = ToTensor{}}};
  ASSERT_EQ(test.size(), 10000);
  EXPECT_TRUE(test.targets.slice(0, 0, 10).equal(tensor({3, 8, 8, 0, 6, 6, 1, 6, 3, 1})));
  const auto [image, label] = test[2];
  EXPECT_EQ(label, 8);
  EXPECT_TRUE(image.equal(test.data[2].to(kFloat32) / 255));
}

}  // namespace
}  // namespace cresset::data
