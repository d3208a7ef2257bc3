// Kernels for tensor cores where the op case table does not reach: tf32, which must be allowed, and the limit of
// workspace. With whole numbers of few digits tf32 is exact.
#include <cresset/cresset.h>
#include <cresset/cuda.h>
#include <cresset/dispatch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::HasSubstr;

const Device kCuda(DeviceType::cuda);

class TensorCore : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
    if (cuda::get_device_properties().major < 8) GTEST_SKIP() << "needs compute capability 8.0";
    allow_tf32(true);
  }
  void TearDown() override {
    allow_tf32(false);
    set_workspace_limit(std::int64_t{1} << 30);
  }
};

Tensor whole(const Shape& shape, std::uint64_t seed, DType dtype = kFloat32) {
  manual_seed(seed);
  return randint(-4, 5, shape).to(dtype);
}

struct Layouts {
  bool a_transposed, b_transposed;
};
// As large matrices as `m` and `n`, so that their product takes the tile that is meant.
void check_matmul(std::int64_t m, std::int64_t n, std::int64_t k) {
  for (const auto& [a_transposed, b_transposed] :
       {Layouts{false, false}, Layouts{false, true}, Layouts{true, false}, Layouts{true, true}}) {
    const Tensor a = a_transposed ? whole({k, m}, 1).t() : whole({m, k}, 1);
    const Tensor b = b_transposed ? whole({n, k}, 2).t() : whole({k, n}, 2);
    const ForceKernelGuard force("matmul=tensor_core");
    EXPECT_TRUE(matmul(a.to(kCuda), b.to(kCuda)).cpu().equal([&] {
      const ForceKernelGuard any("matmul=reference");
      return matmul(a, b);
    }()))
        << m << "x" << n << ", transposed: " << a_transposed << b_transposed;
  }
}

TEST_F(TensorCore, MultipliesInTf32) {
  check_matmul(72, 40, 44);      // 16 bytes at a time
  check_matmul(37, 41, 53);      // element by element
  check_matmul(1160, 1016, 20);  // by large tiles
}

TEST_F(TensorCore, MultipliesBatchesInTf32) {
  const Tensor a = whole({3, 20, 36}, 1), b = whole({3, 36, 12}, 2);
  const ForceKernelGuard force("matmul=tensor_core,*=reference", Forcing::prefer);
  EXPECT_TRUE(matmul(a.to(kCuda), b.to(kCuda)).cpu().equal(matmul(a, b)));
}

TEST_F(TensorCore, RoundsToTf32) {
  const ForceKernelGuard force("matmul=tensor_core");
  const auto product = [](float value) {
    return static_cast<float>(matmul(full({1, 4}, value, {.device = kCuda}), ones({4, 1}, {.device = kCuda})).item());
  };
  const float unit = 0x1p-10f;  // the last digit of tf32
  EXPECT_EQ(product(1 + unit), 4 + 4 * unit);
  EXPECT_EQ(product(1 + unit * 0.75f), 4 + 4 * unit);  // cutting off would give 4
  EXPECT_EQ(product(1 + unit * 0.25f), 4);
}

TEST_F(TensorCore, KeepsFloat32UnlessAllowed) {
  allow_tf32(false);
  const Tensor x = ones({4, 4}, {.device = kCuda});
  const ForceKernelGuard force("matmul=tensor_core,conv2d=tensor_core");
  try {
    matmul(x, x);
    ADD_FAILURE() << "no error";
  } catch (const UnsupportedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("tensor_core refused: float32 would be rounded to tf32, which is not allowed"));
  }
  EXPECT_THROW(F::conv2d(x.view({1, 1, 4, 4}), x.view({1, 1, 4, 4})), UnsupportedError);
}

struct Convolution {
  Shape x, w;
  MemoryFormat format;
  F::Conv2dOptions options = {};
};

// Output and gradients, which are whole numbers too.
std::vector<Tensor> convolve(const Convolution& c, const Device& device, DType dtype = kFloat32) {
  const auto leaf = [&](const Shape& shape, std::uint64_t seed) {
    const Tensor t = whole(shape, seed, dtype).to(device);
    return (shape.size() == 4 ? t.contiguous(c.format) : t).requires_grad_();
  };
  const Tensor x = leaf(c.x, 1), w = leaf(c.w, 2), bias = leaf({c.w[0]}, 3);
  const Tensor y = F::conv2d(x, w, bias, c.options);
  const Tensor grad = whole(y.shape(), 4, dtype).to(device).contiguous(c.format);
  y.backward(grad);
  return {y.detach().cpu(), x.grad().cpu(), w.grad().cpu()};
}

void check_convolution(const Convolution& c, DType dtype = kFloat32) {
  std::vector<Tensor> expected;
  {
    const ForceKernelGuard force("conv2d=reference");
    expected = convolve(c, "cpu", dtype);
  }
  const ForceKernelGuard force("conv2d=tensor_core");
  const auto got = convolve(c, kCuda, dtype);
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_TRUE(got[i].equal(expected[i])) << name(dtype) << ": output " << i << " for " << c.x.str() << c.w.str();
}

TEST_F(TensorCore, ConvolvesInTf32) {
  check_convolution({{2, 8, 9, 7}, {12, 8, 3, 3}, kChannelsLast, {.padding = 1}});
  check_convolution({{2, 8, 9, 7}, {12, 4, 3, 2}, kChannelsLast, {.stride = 2, .padding = 1, .groups = 2}});
  check_convolution({{2, 3, 9, 7}, {5, 3, 3, 3}, kContiguous, {.padding = 1, .dilation = {2, 1}}});
  check_convolution({{2, 72, 69, 69}, {68, 72, 1, 1}, kChannelsLast});  // by large tiles
}

TEST_F(TensorCore, ConvolvesIn16BitsByEveryTile) {
  for (const DType dtype : {kFloat16, kBFloat16}) {
    check_convolution({{2, 8, 9, 7}, {16, 8, 3, 3}, kChannelsLast, {.padding = 1}}, dtype);
    check_convolution({{2, 72, 69, 69}, {72, 72, 1, 1}, kChannelsLast}, dtype);  // large
    check_convolution({{2, 8, 92, 92}, {8, 8, 1, 1}, kChannelsLast}, dtype);     // tall
  }
}

TEST_F(TensorCore, SumsTheGradientOfWeightsInOnePartWhereSpaceIsShort) {
  const Convolution c{{4, 8, 16, 16}, {8, 8, 3, 3}, kChannelsLast, {.padding = 1}};
  const ForceKernelGuard force("conv2d=tensor_core");
  const auto expected = convolve(c, kCuda);
  set_workspace_limit(8 * 8 * 9 * 4);
  EXPECT_TRUE(convolve(c, kCuda)[2].equal(expected[2]));
  EXPECT_TRUE(convolve(c, kCuda, kBFloat16)[2].to(kFloat32).equal(expected[2].to(kBFloat16).to(kFloat32)));
  set_workspace_limit(0);
  EXPECT_TRUE(convolve(c, kCuda)[2].equal(expected[2]));
  try {
    convolve(c, kCuda, kBFloat16);
    ADD_FAILURE() << "no error";
  } catch (const UnsupportedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("tensor_core refused: needs 2304 bytes of workspace, 0 are allowed"));
  }
}

}  // namespace
}  // namespace cresset::test
