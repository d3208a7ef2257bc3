// In-place writes, views and histories, as PyTorch has them.
#include <cresset/autograd.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/argument.h"
#include "support/gradcheck.h"
#include "support/message.h"

namespace cresset::test {
namespace {

using testing::StartsWith;

Tensor leaf(const Shape& shape, int seed = 1) {
  return make_tensor(t(shape, Formula{.seed = seed, .low = -19, .high = 19, .step = 2, .divisor = 8}), 0, kFloat64,
                     DeviceType::cpu)
      .requires_grad_();
}

// The seeds' cross-correlation, element by element into zeros.
Tensor corr2d(const Tensor& x, const Tensor& kernel) {
  const std::int64_t h = kernel.size(0), w = kernel.size(1);
  const Tensor y = zeros({x.size(0) - h + 1, x.size(1) - w + 1}, {.dtype = x.dtype()});
  for (std::int64_t i = 0; i < y.size(0); ++i)
    for (std::int64_t j = 0; j < y.size(1); ++j)
      y.index({i, j}) = (x.index({Slice(i, i + h), Slice(j, j + w)}) * kernel).sum();
  return y;
}

TEST(InPlace, TheSeedsLoopPassesGradcheck) {
  const auto f = [](const std::vector<Tensor>& in) { return std::vector<Tensor>{corr2d(in[0], in[1])}; };
  const std::vector<Tensor> inputs{leaf({5, 6}), leaf({2, 3}, 2)};
  EXPECT_EQ(gradcheck(f, inputs), "");
  EXPECT_EQ(gradgradcheck(f, inputs), "");
  EXPECT_EQ(corr2d(inputs[0], inputs[1]).grad_fn_name(), "CopySlices");
}

TEST(InPlace, ALeafThatRequiresGradIsNotWrittenTo) {
  const Tensor w = leaf({2, 2});
  EXPECT_EQ(message_of([&] { w.add_(1); }),
            "add_: a leaf Variable that requires grad is being used in an in-place operation.");
  EXPECT_EQ(message_of([&] { w[0].mul_(2); }),
            "mul_: a view of a leaf Variable that requires grad is being used in an in-place operation.");
  EXPECT_EQ(message_of([&] {
              w.index({0, 1}) = 3;
            }),
            "fill_: a view of a leaf Variable that requires grad is being used in an in-place operation.");
  NoGradGuard no_grad;
  EXPECT_EQ(message_of([&] { w.add_(1); }), "(no error)");
}

TEST(InPlace, ElementsThatShareMemoryAreNotWrittenTo) {
  const Tensor x = zeros({1, 3});
  EXPECT_EQ(message_of([&] {
              x.expand({2, 3}).add_(1);
            }),
            "add_: unsupported operation: more than one element of the written-to tensor refers to a single memory "
            "location. Please clone() the tensor before performing the operation.");
}

TEST(InPlace, AViewMadeWithoutGradIsNotWrittenToWithGrad) {
  const Tensor base = zeros({2, 2}), w = ones({2}, {.requires_grad = true});
  Tensor view;
  {
    NoGradGuard no_grad;
    view = base[0];
  }
  EXPECT_EQ(message_of([&] { view.add_(1); }), "(no error)");
  EXPECT_THAT(message_of([&] { view.mul_(w); }), StartsWith("mul_: A view was created in no_grad mode"));
}

TEST(InPlace, OneOfSeveralViewsIsNotWrittenTo) {
  const Tensor x = leaf({4}) * 1;
  const auto wrong = [](const char* op, const char* node) {
    return std::string(op) + ": the output of " + node +
           " is a view and is being modified inplace. This view is the output of a function that returns multiple "
           "views. Such functions do not allow the output views to be modified inplace. You should replace the inplace "
           "operation by an out-of-place one.";
  };
  EXPECT_EQ(message_of([&] { x.unbind()[0].add_(1); }), wrong("add_", "UnbindBackward0"));
  EXPECT_EQ(message_of([&] { x.split(2)[1].mul_(2); }), wrong("mul_", "SplitBackward0"));
  EXPECT_EQ(message_of([&] { x.chunk(2)[1][0].zero_(); }), wrong("fill_", "SplitBackward0"));
  const Tensor plain = zeros({4});
  for (const Tensor& part : plain.split(2)) part.add_(1);
  EXPECT_EQ(plain.sum().item(), 4);
}

TEST(InPlace, AWriteToAViewRewritesTheBasesHistoryAndThatOfOtherViews) {
  const Tensor w = leaf({3});
  const Tensor base = zeros({2, 3}, {.dtype = kFloat64});
  const Tensor first = base[0], column = base.index({Slice(), 1}), second = base[1];
  first.copy_(w * 2);
  EXPECT_EQ(base.grad_fn_name(), "CopySlices");
  EXPECT_EQ(first.grad_fn_name(), "AsStridedBackward0");
  EXPECT_FALSE(base.is_leaf());
  EXPECT_TRUE(column.requires_grad());
  // base = [[2 w0, 2 w1, 2 w2], [0, 0, 0]]; column = [2 w1, 0].
  const auto grads = autograd::grad({(column * 10).sum()}, {w});
  EXPECT_EQ(to_doubles(grads[0]), (std::vector<double>{0, 20, 0}));
  EXPECT_TRUE(second.requires_grad());
  EXPECT_EQ(to_doubles(autograd::grad({second.sum()}, {w})[0]), (std::vector<double>{0, 0, 0}));
}

TEST(InPlace, ChainsOfWritesPassGradcheck) {
  const auto f = [](const std::vector<Tensor>& in) {
    const Tensor base = in[0] * 1;
    const Tensor part = base.slice(1, 1, 4, 2), row = base[1], all = base.view({-1});
    part.mul_(in[1]);
    row.add_(part[0].sum());
    all.slice(0, 2, 9).square_();
    base.transpose(0, 1)[0].copy_(in[1].sum() + row.slice(0, 0, 3));
    row.unsqueeze(0).exp_();
    return std::vector<Tensor>{base, part, row};
  };
  const std::vector<Tensor> inputs{leaf({3, 5}), leaf({3, 2}, 2)};
  EXPECT_EQ(gradcheck(f, inputs, {.tolerance = 1e-5}), "");
  EXPECT_EQ(gradgradcheck(f, inputs, {.tolerance = 1e-5}), "");
}

TEST(InPlace, EveryFormKeepsItsGradient) {
  const auto f = [](const std::vector<Tensor>& in) {
    const Tensor x = in[0] * in[0] + 1;
    x += in[1];
    x -= 0.5;
    x *= in[1];
    x /= 3;
    x.sub_(in[1], 2).div_(square(in[1]) + 1).add_(2, 3);
    x.square_().add_(1).sqrt_().log_().neg_().exp_().abs_().sigmoid_().tanh_().relu_().pow_(2).clamp_(-5, 5);
    x[0] = in[1][0];
    x.index({1, Slice()}) = x[0];
    x[2].zero_();
    return std::vector<Tensor>{x};
  };
  EXPECT_EQ(gradcheck(f, {leaf({3, 4}), leaf({3, 4}, 2)}), "");
}

TEST(InPlace, AnAssignmentToAVariableRebinds) {
  const Tensor x = zeros({2});
  Tensor y = x[0];
  y = ones({});
  EXPECT_EQ(x.sum().item(), 0);
  x[0] = ones({});
  EXPECT_EQ(x.sum().item(), 1);
  x.index({Slice(1, None)}) -= 3;
  EXPECT_EQ(x[1].item(), -3);
}

TEST(InPlace, MemoryThatOverlapsIsReadWholeFirst) {
  const Tensor x = arange(9).view({3, 3}).clone();
  x.copy_(x.t());
  EXPECT_TRUE(x.equal(arange(9).view({3, 3}).t()));
  const Tensor line = arange(6).clone();
  line.slice(0, 1).copy_(line.slice(0, 0, 5));
  EXPECT_TRUE(line.equal(tensor({0, 0, 1, 2, 3, 4})));
  const Tensor sums = ones({5}, {.dtype = kInt64});
  sums.slice(0, 1).add_(sums.slice(0, 0, 4));
  EXPECT_TRUE(sums.equal(tensor({1, 2, 2, 2, 2})));
}

TEST(Versions, AreCountedForAllViewsOfAStorage) {
  const Tensor a = zeros({2, 3}), v = a[0];
  EXPECT_EQ(a.version(), 0u);
  v.add_(1);
  a.view({6}).fill_(2);
  EXPECT_EQ(a.version(), 2u);
  EXPECT_EQ(v.version(), 2u);
  a.detach().add_(1);
  EXPECT_EQ(a.version(), 3u);
  a.data().add_(1);
  EXPECT_EQ(a.version(), 3u);
  EXPECT_EQ(a.sum().item(), 24);
}

TEST(Versions, AChangedSavedTensorIsAnErrorThatNamesTheOp) {
  const Tensor w = leaf({2, 2});
  const Tensor e = w.exp();
  e.mul_(2);
  EXPECT_EQ(message_of([&] { e.sum().backward(); }),
            "ExpBackward0: one of the variables needed for gradient computation has been modified by an inplace "
            "operation: [float64[2, 2]], which is output 0 of ExpBackward0, is at version 1; expected version 0 "
            "instead");
  const Tensor x = w.detach().clone(), y = w * x;
  x.add_(1);
  EXPECT_EQ(message_of([&] { y.sum().backward(); }),
            "MulBackward0: one of the variables needed for gradient computation has been modified by an inplace "
            "operation: [float64[2, 2]] is at version 1; expected version 0 instead");
}

TEST(Versions, AWriteThroughDataIsNotSeen) {
  const Tensor w = leaf({2});
  const Tensor x = ones({2}, {.dtype = kFloat64}), y = w * x;
  x.data().fill_(5);
  y.sum().backward();
  EXPECT_EQ(to_doubles(w.grad()), (std::vector<double>{5, 5}));
}

TEST(Data, SetDataKeepsTheObjectAndItsHistory) {
  const Tensor w = zeros({2}, {.requires_grad = true});
  const Tensor other = w;
  w.set_data(ones({3, 2}));
  EXPECT_EQ(other.shape().str(), "[3, 2]");
  EXPECT_TRUE(other.requires_grad());
  EXPECT_TRUE(w.is_leaf());
  w.sum().backward();
  EXPECT_EQ(w.grad().shape().str(), "[3, 2]");
  EXPECT_EQ(message_of([&] { w.set_data(ones({2}, {.dtype = kInt64})); }),
            "set_data: data of type int64 cannot replace that of a tensor that requires grad");
  EXPECT_EQ(message_of([&] { zeros({2, 2})[0].set_data(ones({2})); }), "set_data: cannot change the data of a view");
}

TEST(Data, DetachSharesStorageWithoutHistory) {
  const Tensor w = leaf({3}), y = w * 2, d = y.detach();
  EXPECT_FALSE(d.requires_grad());
  EXPECT_TRUE(d.is_leaf());
  EXPECT_TRUE(d.is_view_of_same_storage(y));
  y.detach_();
  EXPECT_TRUE(y.is_leaf());
  EXPECT_EQ(message_of([&] { w.view({3}).detach_(); }), "detach_: Can't detach views in-place. Use detach() instead.");
}

}  // namespace
}  // namespace cresset::test
