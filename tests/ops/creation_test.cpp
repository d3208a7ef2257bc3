// Tensors from nothing, from numbers and from foreign memory: PyTorch's values and refusals.
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/message.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

TEST(Arange, CountsAsPyTorch) {
  EXPECT_TRUE(arange(3).equal(tensor({0, 1, 2})));
  EXPECT_EQ(arange(3).dtype(), kInt64);
  EXPECT_TRUE(arange(1, 2, 0.5).equal(tensor({1.0, 1.5})));
  EXPECT_TRUE(arange(5, 0, -2).equal(tensor({5, 3, 1})));
  EXPECT_TRUE(arange(0, 5, 2, {.dtype = kFloat16}).equal(tensor({0, 2, 4}, {.dtype = kFloat16})));
  EXPECT_TRUE(arange(-3, 3, 2, {.dtype = kUInt8}).equal(tensor({253, 255, 1}, {.dtype = kUInt8})));
  EXPECT_EQ(arange(3, 3).shape().str(), "[0]");
  EXPECT_EQ(arange(1, 2.05, 0.1).shape().str(), "[11]");
  EXPECT_TRUE(arange(2, {.requires_grad = false}).equal(tensor({0, 1})));
  EXPECT_TRUE(arange(2.0, {.requires_grad = true}).requires_grad());
}

TEST(Arange, RefusesWhatPyTorchRefuses) {
  EXPECT_EQ(message_of<ValueError>([] { arange(0, 3, 0); }), "arange: step must be nonzero");
  EXPECT_EQ(message_of<ValueError>([] { arange(0, INFINITY); }), "arange: unsupported range: 0 -> inf by 1");
  EXPECT_EQ(message_of<ValueError>([] { arange(NAN); }), "arange: unsupported range: 0 -> nan by 1");
  EXPECT_EQ(message_of<ValueError>([] { arange(0, 3, -1); }),
            "arange: upper bound and lower bound inconsistent with step sign (0 -> 3 by -1)");
  EXPECT_EQ(message_of<ValueError>([] { arange(3, 0); }),
            "arange: upper bound and lower bound inconsistent with step sign (3 -> 0 by 1)");
}

TEST(Linspace, ReachesBothEnds) {
  EXPECT_TRUE(linspace(0, 1, 5).equal(tensor({0, 0.25, 0.5, 0.75, 1})));
  EXPECT_TRUE(
      linspace(1, -1, 4, {.dtype = kFloat64}).allclose(tensor({1.0, 1.0 / 3, -1.0 / 3, -1.0}, {.dtype = kFloat64})));
  EXPECT_TRUE(linspace(0, 3, 6, {.dtype = kInt64}).equal(tensor({0, 0, 1, 1, 2, 3})));
  EXPECT_TRUE(linspace(0, 10, 5, {.dtype = kInt64}).equal(tensor({0, 2, 5, 7, 10})));
  EXPECT_TRUE(linspace(2, 5, 1).equal(tensor({2.0})));
  EXPECT_EQ(linspace(2, 5, 0).shape().str(), "[0]");
  EXPECT_EQ(linspace(-0.1, 0.7, 9)[8].item<float>(), 0.7f);
  // The middle is counted from the end.
  const Tensor x = linspace(INFINITY, 1, 3);
  EXPECT_TRUE(std::isnan(x[0].item()) && x[1].item() == INFINITY);
  EXPECT_EQ(message_of<ValueError>([] { linspace(0, 1, -1); }),
            "linspace: number of steps must be non-negative, got -1");
}

TEST(TensorFromNumbers, RefusesRaggedLists) {
  EXPECT_EQ(message_of<ValueError>([] {
              tensor({{1, 2}, {3}});
            }),
            "tensor: expected sequence of length 2 at dim 1 (got 1)");
  EXPECT_EQ(message_of<ValueError>([] {
              tensor({{1, 2}, 3});
            }),
            "tensor: expected a list of length 2 at depth 1, got a number");
  EXPECT_EQ(message_of<ValueError>([] { tensor({1, {2, 3}}); }), "tensor: expected a number at depth 1, got a list");
}

TEST(TensorFromNumbers, KeepsTheRangesOfWholeTypes) {
  const auto refused = [](const detail::NestedList& numbers, DType dtype) {
    return message_of<ValueError>([&] { tensor(numbers, {.dtype = dtype}); });
  };
  EXPECT_EQ(refused({300}, kUInt8), "value cannot be converted to type uint8 without overflow");
  EXPECT_EQ(refused({1, std::int64_t{1} << 40}, kInt32), "value cannot be converted to type int32 without overflow");
  for (const double v : {double{NAN}, double{INFINITY}, 1e300, 0x1p63})
    EXPECT_EQ(refused({v}, kInt64), "value cannot be converted to type int64 without overflow") << v;
  EXPECT_TRUE(tensor({-1}, {.dtype = kUInt8}).equal(tensor({255}, {.dtype = kUInt8})));
  EXPECT_EQ(tensor({255.7}, {.dtype = kUInt8}).item(), 255);
  EXPECT_EQ(tensor({2.7}, {.dtype = kInt64}).item(), 2);
  EXPECT_EQ(tensor({-0x1p63}, {.dtype = kInt64}).item<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(tensor({1e300}).item(), INFINITY);
  EXPECT_EQ(tensor({1e6}, {.dtype = kFloat16}).item(), INFINITY);
  EXPECT_TRUE(tensor({300}, {.dtype = kBool}).item<bool>());
  EXPECT_TRUE(tensor({NAN}, {.dtype = kBool}).item<bool>());
}

TEST(Full, KeepsTheRangesOfTypes) {
  const auto refused = [](Scalar value, DType dtype) {
    return message_of<ValueError>([&] { full({2}, value, {.dtype = dtype}); });
  };
  EXPECT_EQ(refused(NAN, kInt64), "value cannot be converted to type int64 without overflow");
  EXPECT_EQ(refused(300, kUInt8), "value cannot be converted to type uint8 without overflow");
  EXPECT_EQ(refused(-1.5, kUInt8), "value cannot be converted to type uint8 without overflow");
  EXPECT_EQ(refused(70000, kFloat16), "value cannot be converted to type float16 without overflow");
  EXPECT_EQ(refused(1e39, kBFloat16), "value cannot be converted to type bfloat16 without overflow");
  EXPECT_EQ(refused(1e300, kFloat32), "value cannot be converted to type float32 without overflow");
  EXPECT_THROW(full_like(zeros({2}, {.dtype = kUInt8}), 300), ValueError);
  EXPECT_EQ(full({1}, -255, {.dtype = kUInt8}).item(), 1);
  EXPECT_EQ(full({1}, INFINITY, {.dtype = kFloat16}).item(), INFINITY);
  EXPECT_EQ(full({1}, 65504, {.dtype = kFloat16}).item(), 65504);
  EXPECT_EQ(full({1}, INT64_MAX, {.dtype = kInt64}).item<std::int64_t>(), INT64_MAX);
  EXPECT_TRUE(full({1}, NAN, {.dtype = kBool}).item<bool>());
}

TEST(RandomNumbers, StayInTheirType) {
  EXPECT_EQ(message_of<ValueError>([] { randint(0, 300, {2}, {.dtype = kUInt8}); }),
            "randint: to - 1 is out of bounds for uint8");
  EXPECT_EQ(message_of<ValueError>([] { randint(-1, 3, {2}, {.dtype = kUInt8}); }),
            "randint: from is out of bounds for uint8");
  EXPECT_EQ(message_of<ValueError>([] { randint(0, 3, {2}, {.dtype = kBool}); }),
            "randint: to - 1 is out of bounds for bool");
  EXPECT_THROW(randint(0, std::int64_t{1} << 40, {2}, {.dtype = kInt32}), ValueError);
  EXPECT_THROW(randint(0, 1 << 30, {2}, {.dtype = kFloat16}), ValueError);
  EXPECT_EQ(randint(0, 256, {2}, {.dtype = kUInt8}).dtype(), kUInt8);
  EXPECT_EQ(randint(INT64_MIN, INT64_MAX, {2}).numel(), 2);
  const Tensor bytes = zeros({2}, {.dtype = kUInt8});
  EXPECT_EQ(message_of<ValueError>([&] { bytes.random_(0, 300); }), "random_: to - 1 is out of bounds for uint8");
  EXPECT_EQ(message_of<ValueError>([] { randperm(257, {.dtype = kUInt8}); }),
            "value cannot be converted to type uint8 without overflow");
  EXPECT_EQ(randperm(256, {.dtype = kUInt8}).max().item(), 255);
  EXPECT_EQ(message_of<ValueError>([] { randperm(2050, {.dtype = kFloat16}); }),
            "randperm: n cannot be greater than 2049 for float16, got 2050");
  EXPECT_EQ(message_of<DTypeError>([] { randperm(2, {.dtype = kBool}); }), "randperm: not supported for bool tensors");
  const Tensor x = zeros({2});
  EXPECT_EQ(message_of<ValueError>([&] { x.uniform_(-INFINITY, INFINITY); }),
            "uniform_: from is out of bounds for float32");
  EXPECT_EQ(message_of<ValueError>([&] { x.uniform_(0, INFINITY); }), "uniform_: to is out of bounds for float32");
  EXPECT_EQ(message_of<ValueError>([&] { x.uniform_(NAN, 1); }), "uniform_: from is out of bounds for float32");
  EXPECT_EQ(message_of<ValueError>([&] { x.uniform_(-3e38, 3e38); }),
            "uniform_: expects to-from to be at most the largest float32, but found to=3e+38 and from=-3e+38");
  EXPECT_THROW(zeros({2}, {.dtype = kFloat16}).uniform_(0, 1e6), ValueError);
}

TEST(RandomNumbers, LikeAnother) {
  const Tensor like = zeros({2, 3, 4, 5}, {.dtype = kFloat64, .memory_format = MemoryFormat::channels_last});
  for (const Tensor& x : {rand_like(like), randn_like(like)}) {
    EXPECT_EQ(x.shape(), like.shape());
    EXPECT_EQ(x.strides(), like.strides());
    EXPECT_EQ(x.dtype(), kFloat64);
  }
  EXPECT_LT(rand_like(like).max().item(), 1);
  EXPECT_GE(rand_like(like).min().item(), 0);
  EXPECT_LT(randn_like(like).min().item(), 0);
  EXPECT_TRUE(rand_like(arange(3), {.dtype = kFloat32, .requires_grad = true}).requires_grad());
  EXPECT_EQ(message_of<DTypeError>([] { rand_like(arange(3)); }),
            "rand_like: not supported for int64; the type must be floating");
  EXPECT_EQ(message_of<DTypeError>([] { randn_like(arange(3)); }),
            "randn_like: not supported for int64; the type must be floating");
}

TEST(Bernoulli, ChecksProbabilities) {
  EXPECT_EQ(message_of<ValueError>([] {
              bernoulli(tensor({0.5, 1.5}));
            }),
            "bernoulli: expects each probability to be in [0, 1]");
  EXPECT_EQ(message_of<ValueError>([] {
              bernoulli(tensor({0.5, NAN}));
            }),
            "bernoulli: expects each probability to be in [0, 1]");
  EXPECT_EQ(message_of<DTypeError>([] {
              bernoulli(tensor({0, 1}));
            }),
            "bernoulli: not supported for int64; the type must be floating");
  EXPECT_EQ(message_of<ValueError>([] { zeros({2}).bernoulli_(2); }),
            "bernoulli_: expects p to be in [0, 1], but got p=2");
}

TEST(FromBlob, SeesForeignMemory) {
  float numbers[6] = {0, 1, 2, 3, 4, 5};
  int freed = 0;
  {
    const Tensor x = from_blob(numbers, {2, 3}, {}, [&](void* p) { freed += p == numbers; });
    EXPECT_TRUE(x.equal(arange(6.0).view({2, 3})));
    const Tensor row = x[1];
    row.fill_(7);
    EXPECT_EQ(numbers[5], 7);
    EXPECT_EQ(freed, 0);
  }
  EXPECT_EQ(freed, 1);
  EXPECT_TRUE(from_blob(numbers, {2, 2}, {1, 2}).equal(tensor({{0.0, 2.0}, {1.0, 7.0}})));
  EXPECT_EQ(from_blob(nullptr, {0, 3}).numel(), 0);
}

TEST(FromBlob, RefusesWhatItCannotSee) {
  float numbers[2] = {};
  EXPECT_EQ(message_of<DeviceError>([&] { from_blob(numbers, {2}, {.device = Device("cuda")}); }),
            "from_blob: the memory must be on the CPU");
  EXPECT_EQ(message_of<ShapeError>([&] {
              from_blob(numbers, {2}, {1, 1});
            }),
            "from_blob: sizes [2] and strides [1, 1] must have the same length");
  EXPECT_EQ(message_of<ValueError>([] { from_blob(nullptr, {2}); }), "from_blob: the pointer is null");
  EXPECT_EQ(message_of<ValueError>([&] { from_blob(reinterpret_cast<char*>(numbers) + 1, {1}); }),
            "from_blob: the pointer is not aligned to the element");
  EXPECT_EQ(message_of<ValueError>([&] { from_blob(numbers, {2}, {-1}); }), "from_blob: bad strides [-1]");
}

TEST(AsStrided, StaysInItsStorage) {
  const Tensor x = arange(6);
  EXPECT_TRUE(x.as_strided({2, 2}, {1, 3}, 1).equal(tensor({{1, 4}, {2, 5}})));
  EXPECT_EQ(message_of<ValueError>([&] { x.as_strided({7}, {1}); }),
            "as_strided: sizes [7], strides [1] and offset 0 reach outside a storage of 6 elements");
  EXPECT_EQ(message_of<ValueError>([&] { x.as_strided({2}, {1}, -1); }),
            "as_strided: sizes [2], strides [1] and offset -1 reach outside a storage of 6 elements");
  EXPECT_EQ(message_of<ValueError>([&] { x.as_strided({2}, {-1}); }),
            "as_strided: strides must not be negative, got [-1]");
  EXPECT_EQ(message_of<ShapeError>([&] {
              x.as_strided({2}, {1, 1});
            }),
            "as_strided: sizes [2] and strides [1, 1] must have the same length");
}

TEST(Item, IsOneExactNumber) {
  EXPECT_EQ(message_of<ValueError>([] {
              tensor({1, 2}).item();
            }),
            "item: a Tensor with 2 elements cannot be converted to Scalar");
  const std::int64_t inexact = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ(message_of<ValueError>([&] { tensor(inexact).item(); }),
            "item: 9007199254740993 cannot be held exactly by a double; use item<int64_t>()");
  EXPECT_EQ(tensor(inexact).item<std::int64_t>(), inexact);
}

TEST(Shapes, HaveAtMostEightDimensions) {
  EXPECT_EQ(message_of<ShapeError>([] {
              zeros({1, 1, 1, 1, 1, 1, 1, 1, 1});
            }),
            "a tensor has at most 8 dimensions, got 9");
  EXPECT_EQ(message_of<ShapeError>([] {
              zeros({1, 1, 1, 1, 1, 1, 1, 1}).unsqueeze(0);
            }),
            "a tensor has at most 8 dimensions, got 9");
}

TEST(Shapes, AreIndexedAsInPython) {
  const Shape s = ones({2, 3}).shape();
  EXPECT_EQ(s[0], 2);
  EXPECT_EQ(s[-1], 3);
  EXPECT_EQ(s[-2], 2);
  EXPECT_EQ(s.back(), 3);
  EXPECT_EQ(message_of<IndexError>([&] { s[2]; }), "shape: index 2 is out of range for 2 dimensions");
  EXPECT_EQ(message_of<IndexError>([&] { s[-3]; }), "shape: index -3 is out of range for 2 dimensions");
  EXPECT_EQ(message_of<IndexError>([&] { s[std::int64_t{1} << 32]; }),
            "shape: index 4294967296 is out of range for 2 dimensions");
  EXPECT_EQ(message_of<IndexError>([] { Shape().back(); }), "shape: index -1 is out of range for 0 dimensions");
  Shape own{2, 3};
  own[-1] = 5;
  own.insert(-1, 4);
  EXPECT_EQ(own.str(), "[2, 4, 5]");
  own.erase(-2);
  EXPECT_EQ(own.str(), "[2, 5]");
  EXPECT_THROW(own.erase(2), IndexError);
  EXPECT_THROW(own.insert(3, 1), IndexError);
  EXPECT_THROW(Shape::filled(9, 1), ShapeError);
  EXPECT_THROW(Shape::filled(-1, 1), ShapeError);
}

TEST(Shapes, OfAnother) {
  const Tensor x = arange(6), like = zeros({2, 3}, {.dtype = kFloat16});
  EXPECT_TRUE(x.view_as(like).equal(x.view({2, 3})));
  EXPECT_TRUE(x.reshape_as(like).equal(x.view({2, 3})));
  EXPECT_TRUE(tensor({1, 2, 3}).expand_as(like).equal(tensor({{1, 2, 3}, {1, 2, 3}})));
  EXPECT_EQ(x.type_as(like).dtype(), kFloat16);
  EXPECT_EQ(promote_types(kUInt8, kInt32), kInt32);
  EXPECT_EQ(promote_types(kFloat16, kBFloat16), kFloat32);
  EXPECT_EQ(promote_types(kInt64, kFloat16), kFloat16);
  EXPECT_EQ(promote_types(kBool, kUInt8), kUInt8);
  EXPECT_EQ(broadcast_shapes({2, 1}, {3}).str(), "[2, 3]");
  EXPECT_EQ(broadcast_shapes({}, {0, 3}).str(), "[0, 3]");
  EXPECT_EQ(message_of<ShapeError>([] {
              broadcast_shapes({2, 1}, {3, 1});
            }),
            "broadcast_shapes: The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension "
            "0 (a [2, 1], b [3, 1])");
  const Tensor images = zeros({2, 3, 4, 5});
  EXPECT_EQ(images.suggest_memory_format(), MemoryFormat::contiguous);
  EXPECT_EQ(images.contiguous(MemoryFormat::channels_last).suggest_memory_format(), MemoryFormat::channels_last);
  EXPECT_EQ(like.suggest_memory_format(), MemoryFormat::contiguous);
}

TEST(Refusals, OfDevicesNumbersAndPadding) {
  EXPECT_EQ(message_of<ValueError>([] { Device("gpu"); }), "device: must be cpu, cuda or cuda:N, got 'gpu'");
  EXPECT_EQ(message_of<ShapeError>([] {
              for (const Tensor& row : tensor(1.0)) row.item();
            }),
            "iteration over a 0-d tensor");
  EXPECT_TRUE(F::pad(arange(4).view({1, 4}), {2, 1}, {.mode = F::PaddingMode::circular})
                  .equal(tensor({{2, 3, 0, 1, 2, 3, 0}})));
  EXPECT_EQ(message_of<ValueError>([] {
              F::pad(zeros({1, 4}), {5, 1}, {.mode = F::PaddingMode::circular});
            }),
            "pad: Padding value causes wrapping around more than once: (5, 1) at dimension 1 of input [1, 4]");
}

TEST(Softmax, ConvertsFirst) {
  const Tensor whole = tensor({{0, 3}, {1, 1}}), wide = whole.to(kFloat64);
  EXPECT_TRUE(F::softmax(whole, 1, {.dtype = kFloat64}).equal(F::softmax(wide, 1)));
  EXPECT_TRUE(F::log_softmax(whole, 1, {.dtype = kFloat64}).equal(F::log_softmax(wide, 1)));
  Tensor half = whole.to(kFloat16).requires_grad_();
  F::softmax(half, 1, {.dtype = kFloat32})[0][0].backward();
  EXPECT_EQ(half.grad().dtype(), kFloat16);
  EXPECT_THROW(F::softmax(wide, 1, {.dtype = kInt64}), DTypeError);
}

TEST(MseLoss, WeighsEachElement) {
  Tensor x = tensor({1.0, 2.0}, {.requires_grad = true});
  const Tensor zero = zeros({2}), w = tensor({1.0, 3.0});
  EXPECT_EQ(F::mse_loss(x, zero, {.weight = w}).item(), 3.25);
  EXPECT_EQ(F::mse_loss(x, zero, {.reduction = Reduction::sum, .weight = w}).item(), 13);
  EXPECT_TRUE(F::mse_loss(x, zero, {.reduction = Reduction::none, .weight = w}).equal(tensor({1.0, 12.0})));
  F::mse_loss(x, zero, {.weight = w}).backward();
  EXPECT_TRUE(x.grad().equal(tensor({0.5, 3.0})));
  EXPECT_EQ(message_of<ValueError>([&] { F::mse_loss(x, zero, {.weight = ones({1})}); }),
            "mse_loss: Weights and input must have the same size, got [1] and [2]");
}

// The variance of a batch is far below eps: nothing of it may be lost, nor anything added.
TEST(BatchNorm, KeepsASmallVariance) {
  for (const DType dtype : {kFloat32, kFloat64}) {
    const TensorOptions o{.dtype = dtype};
    const Tensor mean = zeros({1}, o), var = zeros({1}, o);
    F::batch_norm(full({4, 1}, 3, o), mean, var, {}, {}, {.training = true, .momentum = 1, .eps = 1e-2});
    EXPECT_EQ(var.item(), 0);
    EXPECT_EQ(mean.item(), 3);
    const Tensor x = tensor({1e-4, -1e-4, 3e-4, 1e-4}, o).view({4, 1});
    F::batch_norm(x, mean, var, {}, {}, {.training = true, .momentum = 1, .eps = 1e-2});
    const double expected = 8e-8 / 3;  // squares 0, 4e-8, 4e-8, 0 around 1e-4, over 3
    EXPECT_NEAR(var.item(), expected, expected * 1e-6);
  }
}

TEST(BatchNorm, GradientsHaveTheTypeOfParameters) {
  for (const DType dtype : {kFloat16, kBFloat16}) {
    const TensorOptions o{.dtype = dtype};
    Tensor w = ones({2}, o).requires_grad_(), b = zeros({2}, o).requires_grad_();
    const Tensor mean = zeros({2}, o), var = ones({2}, o);
    const Tensor y = F::batch_norm(arange(6.0).view({3, 2}).to(dtype), mean, var, w, b, {.training = true});
    EXPECT_EQ(y.dtype(), dtype);
    y.square().sum().backward();
    EXPECT_EQ(w.grad().dtype(), dtype);
    EXPECT_EQ(b.grad().dtype(), dtype);
    EXPECT_EQ(mean.dtype(), dtype);
    EXPECT_TRUE(mean.equal(tensor({0.2, 0.3}, o)));
    EXPECT_TRUE(var.equal(tensor({1.3, 1.3}, o)));
  }
}

}  // namespace
}  // namespace cresset::test
