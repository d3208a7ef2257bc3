// Indexing as Python has it, and its errors.
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/argument.h"
#include "support/gradcheck.h"
#include "support/message.h"

namespace cresset::test {
namespace {

TEST(Index, TakesIntegersSlicesNoneAndEllipsis) {
  const Tensor x = arange(24).view({2, 3, 4});
  EXPECT_TRUE(x.index({1}).equal(x[1]));
  EXPECT_EQ(x.index({1, 2, -1}).item(), 23);
  EXPECT_TRUE(x.index({Slice(), Slice(0, 2), 3}).equal(tensor({{3, 7}, {15, 19}})));
  EXPECT_TRUE(x.index({Ellipsis, 0}).equal(tensor({{0, 4, 8}, {12, 16, 20}})));
  EXPECT_EQ(x.index({None, Ellipsis, None}).shape().str(), "[1, 2, 3, 4, 1]");
  EXPECT_TRUE(x.index({0, Slice(None, None, 2), Slice(-3, -1)}).equal(tensor({{1, 2}, {9, 10}})));
  EXPECT_EQ(x.index({Slice(5, 9)}).shape().str(), "[0, 3, 4]");
}

TEST(Index, SaysWhatIsWrong) {
  const Tensor x = zeros({2, 3});
  EXPECT_EQ(message_of([&] { x.index({0, 0, 0}); }), "index: too many indices for tensor of dimension 2 (got 3)");
  EXPECT_EQ(message_of([&] { x.index({0, 3}); }), "index: index 3 is out of bounds for dimension 1 with size 3");
  EXPECT_EQ(message_of([&] {
              x.index({Ellipsis, Ellipsis});
            }),
            "index: an index can only have a single ellipsis ('...')");
  EXPECT_EQ(message_of([&] { x.index({Slice(0, 2, 0)}); }), "index: slice step must be positive, got 0");
  EXPECT_EQ(message_of([&] { x[2]; }), "select: index 2 is out of bounds for dimension 0 with size 2");
  EXPECT_EQ(message_of([&] { zeros({})[0]; }), "select: cannot be applied to a 0-dim tensor; use item() to read it");
}

TEST(Index, AssignmentsAreDifferentiable) {
  const auto f = [](const std::vector<Tensor>& in) {
    const Tensor x = in[0] * in[0];
    x.index({Slice(), 1}) = in[1];
    x.index_put_({0, Slice(1, None)}, in[1].sum() * 2);
    x.index({Ellipsis, -1}) *= in[1];
    x.index_put_({1, 0}, 3);
    return std::vector<Tensor>{x, x.index({Slice(None, None, 2), None})};
  };
  const auto leaf = [](const Shape& shape, int seed) {
    return make_tensor(t(shape, Formula{.seed = seed, .low = -9, .high = 9, .divisor = 4}), 0, kFloat64,
                       DeviceType::cpu)
        .requires_grad_();
  };
  EXPECT_EQ(gradcheck(f, {leaf({3, 4}, 1), leaf({3}, 2)}), "");
  EXPECT_EQ(gradgradcheck(f, {leaf({3, 4}, 1), leaf({3}, 2)}), "");
}

TEST(Index, AssignmentsTakeOnesInFront) {
  const Tensor x = zeros({2, 3});
  x[0] = tensor({{1., 2., 3.}});
  x.index({1}) = tensor({{{4., 5., 6.}}});
  EXPECT_TRUE(x.equal(tensor({{1., 2., 3.}, {4., 5., 6.}})));
  zeros({2})[0] = tensor({1.});
  EXPECT_EQ(message_of([&] { x[0] = zeros({2}); }),
            "operator=: shape mismatch: value tensor of shape [2] cannot be broadcast to indexing result of shape [3]");
}

TEST(Index, RowsAreIterated) {
  const Tensor x = arange(6).view({3, 2});
  double total = 0;
  int rows = 0;
  for (Tensor row : x) {
    total += static_cast<double>(rows++) * row.sum().item();
    row.fill_(0);
  }
  EXPECT_EQ(rows, 3);
  EXPECT_EQ(total, 5 + 2 * 9);
  EXPECT_EQ(x.sum().item(), 0);
}

TEST(Undefined, TensorsThrowAndDoNothingElse) {
  const Tensor x;
  EXPECT_FALSE(x.defined());
  Tensor moved = ones({2});
  const Tensor taken = std::move(moved);
  for (const Tensor& t : {x, moved}) {
    EXPECT_THROW(t.shape(), ValueError);
    EXPECT_THROW(t.add(1), ValueError);
    EXPECT_THROW(t.backward(), ValueError);
    EXPECT_THROW(add(taken, t), ValueError);
    EXPECT_THROW(t.item(), ValueError);
    EXPECT_THROW(t.fill_(0), ValueError);
    EXPECT_THROW(cat({taken, t}), ValueError);
    EXPECT_THROW(nn::functional::conv2d(t, t), ValueError);
  }
}

}  // namespace
}  // namespace cresset::test
