// Sizes, strides and amounts near the ends of 64 bits: a typed error or the right answer, nothing undefined (which the
// address and undefined-behaviour sanitizers would report).
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include "support/message.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

constexpr std::int64_t kHuge = std::int64_t{1} << 62, kMost = INT64_MAX, kLeast = INT64_MIN;

TEST(HugeSizes, MakeNoTensor) {
  EXPECT_EQ(message_of<OutOfMemoryError>([] {
              zeros({kHuge, 8});
            }),
            "a tensor of shape [4611686018427387904, 8] and type float32 is larger than the address space");
  EXPECT_THROW(zeros({0, kHuge, 8}), OutOfMemoryError);
  EXPECT_THROW(empty({1, 8, kHuge, 1}, {.memory_format = MemoryFormat::channels_last}), OutOfMemoryError);
  EXPECT_THROW(full({kHuge}, 1), OutOfMemoryError);
  EXPECT_THROW(eye(kHuge), OutOfMemoryError);
  EXPECT_THROW(eye(kHuge, kHuge), OutOfMemoryError);
  EXPECT_THROW(rand({kHuge, kHuge}), OutOfMemoryError);
  EXPECT_THROW(from_blob(nullptr, {kHuge, kHuge}), OutOfMemoryError);
  EXPECT_EQ(message_of<ValueError>([] {
              zeros({2, kLeast});
            }),
            "a tensor's sizes must not be negative, got shape [2, -9223372036854775808]");
}

TEST(HugeSizes, AreNotExpandedTo) {
  EXPECT_EQ(message_of<OutOfMemoryError>([] {
              zeros({1, 1}).expand({kHuge, 8});
            }),
            "a tensor of shape [4611686018427387904, 8] and type float32 is larger than the address space");
  EXPECT_THROW(zeros({1}).expand({kHuge}), OutOfMemoryError);
  // More bytes than any address space: what only exceeds the memory may be granted and end the process when it is
  // written.
  constexpr std::int64_t kWide = std::int64_t{1} << 58;
  const Tensor wide = zeros({1}).expand({kWide});
  EXPECT_EQ(wide.numel(), kWide);
  EXPECT_THROW(wide.clone(), OutOfMemoryError);
  EXPECT_THROW(wide + wide.unsqueeze(1), OutOfMemoryError);
  EXPECT_THROW(wide.unsqueeze(1).expand({-1, 1 << 30}), OutOfMemoryError);
}

TEST(HugeSizes, AreNotViewed) {
  EXPECT_EQ(message_of<ShapeError>([] {
              zeros({4}).view({kHuge, 4});
            }),
            "view: shape '[4611686018427387904, 4]' is invalid for input of size 4");
  EXPECT_THROW(zeros({4}).view({kHuge, kHuge, -1}), ShapeError);
  EXPECT_THROW(zeros({0}).view({0, kHuge, 8}), ShapeError);
  EXPECT_THROW(zeros({0}).view({kHuge, 8, 0}), ShapeError);
  EXPECT_THROW(zeros({0}).reshape({0, kHuge, 8}), ShapeError);
  EXPECT_THROW(zeros({0, 2}).unflatten(0, {kHuge, 8, 0}), ShapeError);
  EXPECT_EQ(zeros({0, 2}).view({0, kHuge / 4}).shape().str(), "[0, 1152921504606846976]");
}

TEST(HugeStrides, ReachNoMemory) {
  const Tensor x = ones({2});
  EXPECT_EQ(message_of<ValueError>([&] { x.as_strided({2}, {kHuge}); }),
            "as_strided: sizes [2], strides [4611686018427387904] and offset 0 reach outside a storage of 2 elements");
  EXPECT_THROW(x.as_strided({3, 3}, {kHuge, kHuge}), ValueError);
  EXPECT_THROW(x.as_strided({1}, {1}, kMost), ValueError);
  EXPECT_THROW(x.as_strided({kHuge, 8}, {0, 0}), OutOfMemoryError);
  const Tensor none = x.as_strided({4, 0}, {kHuge, 1});
  EXPECT_EQ(none.select(0, 3).shape().str(), "[0]");
  EXPECT_EQ(none.slice(0, 3).shape().str(), "[1, 0]");
  EXPECT_EQ(none.unsqueeze(0).shape().str(), "[1, 4, 0]");
  const Tensor one = x.as_strided({1}, {kHuge});
  EXPECT_EQ(one.slice(0, 1).shape().str(), "[0]");
  EXPECT_EQ(one.item(), 1);
  Tensor leaf = ones({2}).requires_grad_();
  leaf.as_strided({4, 0}, {kHuge, 1}).sum().backward();
  EXPECT_TRUE(leaf.grad().equal(zeros({2})));
}

TEST(HugeSteps, LeaveOneElement) {
  const Tensor x = arange(4);
  EXPECT_TRUE(x.index({Slice(None, None, kMost)}).equal(tensor({0})));
  EXPECT_TRUE(x.index({Slice(3, None, kHuge)}).equal(tensor({3})));
  EXPECT_TRUE(x.index({Slice(kLeast, kMost)}).equal(x));
  EXPECT_EQ(x.chunk(kMost).size(), 4U);
  EXPECT_EQ(x.split(kMost).size(), 1U);
  EXPECT_EQ(message_of<ValueError>([&] { x.split({kHuge, kHuge, kHuge}); }), "split: the sizes are too large");
  EXPECT_EQ(message_of<IndexError>([&] { x.narrow(0, kHuge, kHuge); }),
            "narrow: start out of range (expected to be in range of [-4, 4], but got 4611686018427387904)");
  EXPECT_THROW(x.narrow(0, 1, kMost), IndexError);
  EXPECT_THROW(x.select(0, kLeast), IndexError);
  EXPECT_THROW(x.flatten(kLeast), IndexError);
}

TEST(HugeSizes, AreNotJoined) {
  const Tensor wide = zeros({1}, {.dtype = kUInt8}).expand({kHuge});
  EXPECT_EQ(message_of<ShapeError>([&] {
              cat({wide, wide, wide});
            }),
            "cat: the sizes along dimension 0 overflow when added");
  EXPECT_THROW(stack({wide, wide, wide}), OutOfMemoryError);
}

TEST(HugeSizes, AreNotPaddedTo) {
  const Tensor x = zeros({1, 1, 2, 2});
  EXPECT_EQ(message_of<ValueError>([&] {
              F::pad(x, {kHuge, kHuge});
            }),
            "pad: the size 2 padded by 4611686018427387904 and 4611686018427387904 overflows");
  EXPECT_THROW(F::pad(x, {kHuge, 0}), OutOfMemoryError);
  EXPECT_THROW(F::pad(x, {kHuge, -kHuge}), ValueError);
  EXPECT_THROW(F::pad(x, {kLeast, kLeast}), ValueError);
  for (const F::PaddingMode mode : {F::PaddingMode::reflect, F::PaddingMode::replicate, F::PaddingMode::circular}) {
    EXPECT_THROW(F::pad(x, {kHuge, kHuge}, {.mode = mode}), Error);
    EXPECT_THROW(F::pad(x, {kMost, 0}, {.mode = mode}), Error);
    EXPECT_THROW(F::pad(x, {kLeast, 0}, {.mode = mode}), ValueError);
    EXPECT_THROW(F::pad(zeros({1, 1, 2, 0}), {kHuge, kHuge}, {.mode = mode}), Error);
  }
}

TEST(HugeWindows, AreRefused) {
  const Tensor x = ones({1, 1, 4, 4}), w = ones({1, 1, 2, 2});
  for (const std::int64_t n : {kHuge, kMost}) {
    EXPECT_THROW(F::avg_pool2d(x, n), ValueError);
    EXPECT_THROW(F::avg_pool2d(x, 2, {.stride = n}), ValueError);
    EXPECT_THROW(F::avg_pool2d(x, 2, {.padding = n}), ValueError);
    EXPECT_THROW(F::max_pool2d(x, 2, {.dilation = n}), ValueError);
    EXPECT_THROW(F::adaptive_avg_pool2d(x, {n, n}), OutOfMemoryError);
    EXPECT_THROW(F::conv2d(x, w, {}, {.padding = n}), ShapeError);
    EXPECT_THROW(F::conv2d(x, w, {}, {.dilation = n}), ShapeError);
    EXPECT_TRUE(F::conv2d(x, w, {}, {.stride = n}).equal(full({1, 1, 1, 1}, 4.0)));
  }
  constexpr std::int64_t kMany = std::int64_t{1} << 30;
  EXPECT_EQ(message_of<ShapeError>([&] { F::conv2d(x, w, {}, {.padding = kMany + 1}); }),
            "conv2d: padding 1073741825 is more than 1073741824 (height)");
  EXPECT_EQ(message_of<ShapeError>([&] { F::conv2d(x, w, {}, {.stride = kMany + 1, .padding = kMany}); }),
            "conv2d: stride 1073741825 is more than 1073741824 (height)");
  EXPECT_EQ(message_of<ShapeError>([&] { F::conv2d(x, w, {}, {.dilation = kMany + 1}); }),
            "conv2d: kernel size 2 with dilation 1073741825 spans more than 1073741824");
  EXPECT_THROW(F::conv2d(x, w, {}, {.padding = kMany}), OutOfMemoryError);
  // Few windows, far apart: only the one in the middle sees the input.
  Tensor leaf = x.clone().requires_grad_();
  const Tensor y = F::conv2d(leaf, w, {}, {.stride = kMany, .padding = kMany});
  EXPECT_EQ(y.shape().str(), "[1, 1, 3, 3]");
  EXPECT_EQ(y.sum().item(), 4);
  EXPECT_EQ(y.index({0, 0, 1, 1}).item(), 4);
  y.sum().backward();
  EXPECT_EQ(leaf.grad().sum().item(), 4);
}

TEST(HugeRanges, AreCountedWithoutOverflow) {
  EXPECT_EQ(message_of<OutOfMemoryError>([] { arange(kMost); }), "arange: too many elements");
  EXPECT_EQ(message_of<OutOfMemoryError>([] { arange(0, 1e300); }), "arange: 1e+300 elements are too many");
  EXPECT_THROW(arange(-1e308, 1e308, 1e-300), OutOfMemoryError);
  EXPECT_TRUE(arange(kLeast, kMost, kHuge).equal(tensor({kLeast, -kHuge, std::int64_t{0}, kHuge})));
  EXPECT_TRUE(arange(kMost, kLeast, kLeast).equal(tensor({kMost, std::int64_t{-1}})));
  EXPECT_TRUE(arange(kMost - 1, kMost, 5).equal(tensor({kMost - 1})));
  EXPECT_THROW(linspace(0, 1, kHuge), OutOfMemoryError);
  EXPECT_EQ(message_of<ValueError>([] { randperm(kHuge); }),
            "randperm: n must be in [0, 2^32], got 4611686018427387904");
}

// Parts of a fixed number, whatever the length: its scratch does not grow with what is summed.
TEST(HugeSizes, OfOneValueAreSummed) {
  const std::int64_t n = (std::int64_t{1} << 27) + 12345;
  const Tensor ones_everywhere = ones({1}, {.dtype = kUInt8}).expand({n});
  EXPECT_EQ(ones_everywhere.sum().item<std::int64_t>(), n);
  const Tensor rows = ones({1, 3}).expand({n / 8, 3});
  EXPECT_TRUE(rows.sum(0).equal(full({3}, static_cast<double>(n / 8))));
}

}  // namespace
}  // namespace cresset::test
