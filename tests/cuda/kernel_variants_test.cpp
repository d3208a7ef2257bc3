// Instances of kernels that problems of the op case table's size and types do not reach: tiles of large products, long
// rows, reductions in parts, every pair of types. All on whole numbers small enough that sums are exact in every type,
// so that the CPU's results are met exactly.
#include <cresset/cresset.h>
#include <cresset/cuda.h>
#include <cresset/dispatch.h>
#include <gtest/gtest.h>

#include <functional>

namespace cresset::test {
namespace {

namespace F = nn::functional;

const Device kCuda(DeviceType::cuda);
constexpr DType kEvery[] = {kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32, kUInt8, kBool};
constexpr DType kNumbers[] = {kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32, kUInt8};
constexpr DType kFloating[] = {kFloat32, kFloat64, kFloat16, kBFloat16};

class KernelVariants : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
    manual_seed(3);
  }
};

// 0, 1 and 2: most sums of thousands of their products with -1, 0 and 1 stay small.
Tensor whole(const Shape& shape, DType dtype) { return randint(0, 3, shape).to(dtype); }
Tensor signs(const Shape& shape, DType dtype) { return (randint(0, 3, shape) - 1).to(dtype); }

using Function = std::function<Tensor(const std::vector<Tensor>&)>;

// f of the tensors on the CPU and on the device, whose strides are the same.
void expect_same(const Function& f, const std::vector<Tensor>& inputs, const std::string& what) {
  const Tensor expected = f(inputs);
  std::vector<Tensor> sent;
  for (const Tensor& x : inputs) sent.push_back(x.to(kCuda));
  EXPECT_TRUE(f(sent).cpu().equal(expected)) << what;
}

TEST_F(KernelVariants, CopiesBetweenAllTypes) {
  for (const DType from : kEvery)
    for (const DType to : kEvery) {
      const Tensor x = whole({5, 14}, from).to(kCuda);
      const std::string what = std::string(name(from)) + " to " + std::string(name(to));
      const auto check = [&](const Tensor& y, const char* how) {
        EXPECT_TRUE(y.to(to).cpu().equal(y.cpu().to(to))) << what << how;
        EXPECT_TRUE(empty(y.shape(), {.dtype = to, .device = kCuda}).copy_(y).cpu().equal(y.cpu().to(to)))
            << what << how;
      };
      check(x, "");
      check(x.slice(1, 0, 14, 2), ", every second");
      check(whole({33, 40}, from).to(kCuda).t(), ", transposed");
    }
}

TEST_F(KernelVariants, FillsEveryType) {
  for (const DType dtype : kEvery) {
    const Tensor x = zeros({6, 9}, {.dtype = dtype, .device = kCuda});
    x.slice(1, 1, 9, 2).fill_(1);
    EXPECT_EQ(x.to(kInt64).sum().item(), 24) << name(dtype);
    x.fill_(1);
    EXPECT_EQ(x.to(kInt64).sum().item(), 54) << name(dtype);
  }
}

TEST_F(KernelVariants, SignOfTruthValues) {
  expect_same([](const auto& in) { return sign(in[0].t()); }, {whole({3, 4}, kBool)}, "strided");
}

TEST_F(KernelVariants, ExtremesAndSumsOfEveryType) {
  for (const DType dtype : kEvery) {
    const std::string what(name(dtype));
    for (const std::int64_t n : {50, 40000}) {
      const std::vector<Tensor> row{whole({n}, dtype)}, rows{whole({3, n}, dtype)};
      expect_same([](const auto& in) { return in[0].max(); }, row, what + " max");
      expect_same([](const auto& in) { return in[0].min(); }, row, what + " min");
      if (dtype != kBool) {
        expect_same([](const auto& in) { return in[0].argmax(1); }, rows, what + " argmax");
        expect_same([](const auto& in) { return in[0].argmin(1); }, rows, what + " argmin");
      }
      expect_same([](const auto& in) { return in[0].max(1).values; }, rows, what + " max of rows");
      expect_same([](const auto& in) { return in[0].min(1).indices; }, rows, what + " min of rows");
      expect_same([](const auto& in) { return in[0].max(0).indices; }, rows, what + " max of columns");
      expect_same([](const auto& in) { return in[0].sum(1); }, rows, what + " sum");
      expect_same([](const auto& in) { return (in[0] == 2).any(1); }, rows, what + " any");
      expect_same([](const auto& in) { return (in[0] >= 0).all(1); }, rows, what + " all");
    }
  }
}

struct Layouts {
  bool a_transposed, b_transposed;
};
void check_matmul(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k) {
  for (const auto& [a_transposed, b_transposed] :
       {Layouts{false, false}, Layouts{false, true}, Layouts{true, false}, Layouts{true, true}}) {
    const Tensor a = whole(a_transposed ? Shape{k, m} : Shape{m, k}, dtype),
                 b = whole(b_transposed ? Shape{n, k} : Shape{k, n}, dtype);
    const ForceKernelGuard force("matmul=native", Forcing::prefer);
    expect_same(
        [&, a_transposed = a_transposed, b_transposed = b_transposed](const auto& in) {
          return matmul(a_transposed ? in[0].t() : in[0], b_transposed ? in[1].t() : in[1]);
        },
        {a, b}, std::string(name(dtype)) + " " + std::to_string(m) + "x" + std::to_string(n));
  }
}

TEST_F(KernelVariants, ProductsOfEverySize) {
  for (const DType dtype : kNumbers) {
    check_matmul(dtype, 20, 37, 6);
    check_matmul(dtype, 260, 290, 6);
  }
  // The large and the tall tile of float32.
  check_matmul(kFloat32, 530, 521, 13);
  check_matmul(kFloat32, 4100, 61, 5);
}

// Both gradients, too, where the type has them.
void check_conv2d(DType dtype, const Shape& input, const Shape& kernel, const F::Conv2dOptions& options = {}) {
  for (const MemoryFormat format : {MemoryFormat::contiguous, MemoryFormat::channels_last}) {
    const Tensor x = whole(input, dtype).contiguous(format), w = signs(kernel, dtype).contiguous(format);
    const std::string what = std::string(name(dtype)) + " " + x.shape().str() + " " + w.shape().str();
    const ForceKernelGuard force("conv2d.forward=native,conv2d.grad_input=native,conv2d.grad_weight=native",
                                 Forcing::prefer);
    const Function forward = [&](const auto& in) { return F::conv2d(in[0], in[1], {}, options); };
    expect_same(forward, {x, w}, what);
    if (!is_floating_point(dtype)) continue;
    const Tensor grad = signs(forward({x, w}).shape(), dtype).contiguous(format);
    for (const std::size_t of : {0, 1})
      expect_same(
          [&](const auto& in) {
            const Tensor a = in[0].detach().requires_grad_(), b = in[1].detach().requires_grad_();
            return autograd::grad({F::conv2d(a, b, {}, options)}, {a, b}, {.grad_outputs = {in[2]}})[of];
          },
          {x, w, grad}, what + (of == 0 ? " grad_input" : " grad_weight"));
  }
}

TEST_F(KernelVariants, ConvolutionsOfEverySize) {
  for (const DType dtype : kNumbers) {
    check_conv2d(dtype, {1, 3, 6, 7}, {5, 3, 3, 2});
    check_conv2d(dtype, {1, 2, 17, 16}, {64, 2, 1, 1});   // many pixels: the medium tile forwards
    check_conv2d(dtype, {1, 64, 17, 16}, {3, 64, 1, 1});  // and backwards
  }
  for (const DType dtype : kFloating) {
    check_conv2d(dtype, {1, 16, 4, 4}, {256, 16, 2, 2});    // many weights
    check_conv2d(dtype, {2, 16, 18, 18}, {256, 16, 2, 2});  // whose pixels come in parts
    check_conv2d(dtype, {2, 3, 18, 18}, {4, 3, 2, 2});
  }
  check_conv2d(kFloat32, {1, 4, 18, 3}, {256, 4, 16, 1});  // taller than conv2d_float32_weight.cu takes
}

// The kernels of conv2d_float32.cu: each tile forwards, backwards and for the weights, with numbers of channels that
// are multiples of 8 and others.
TEST_F(KernelVariants, LargeConvolutionsInFloat32) {
  for (const std::int64_t few : {8, 3}) {
    check_conv2d(kFloat32, {1, few, 49, 48}, {130, few, 1, 1});
    check_conv2d(kFloat32, {1, few, 68, 66}, {60, few, 3, 3});
    check_conv2d(kFloat32, {1, 130, 49, 48}, {few, 130, 1, 1});
    check_conv2d(kFloat32, {1, 60, 68, 66}, {few, 60, 3, 3});
  }
  check_conv2d(kFloat32, {1, 16, 9, 11}, {130, 16, 3, 3});  // the weights of more than one large tile
  check_conv2d(kFloat32, {1, 40, 9, 11}, {130, 40, 1, 1});
}

// So few pixels for so many products that parts of each sum are computed beside each other, and bias and relu come
// last.
TEST_F(KernelVariants, LargeConvolutionsInParts) {
  check_conv2d(kFloat32, {1, 32, 49, 48}, {130, 32, 3, 3});
  for (const MemoryFormat format : {MemoryFormat::contiguous, MemoryFormat::channels_last}) {
    const Tensor x = whole({1, 32, 49, 48}, kFloat32).contiguous(format),
                 w = signs({130, 32, 3, 3}, kFloat32).contiguous(format), bias = signs({130}, kFloat32);
    const ForceKernelGuard force("conv2d.forward=native,conv2d_relu.forward=native", Forcing::prefer);
    expect_same([](const auto& in) { return F::conv2d(in[0], in[1], in[2]); }, {x, w, bias}, "with bias");
    expect_same([](const auto& in) { return F::conv2d_relu(in[0], in[1], in[2]); }, {x, w, bias}, "with relu");
  }
}

TEST_F(KernelVariants, LargeConvolutionsOfEveryGeometry) {
  const F::Conv2dOptions all[] = {{.stride = 2, .padding = 1},
                                  {.stride = {3, 2}, .padding = {2, 0}, .dilation = {2, 2}},
                                  {.stride = {2, 4}, .padding = {0, 3}, .dilation = {3, 2}},
                                  {.padding = {2, 1}, .dilation = {1, 2}},
                                  {.stride = 2, .groups = 2}};
  for (const F::Conv2dOptions& options : all) {
    const std::int64_t groups = options.groups;
    check_conv2d(kFloat32, {1, 48 * groups, 75, 81}, {8 * groups, 48, 3, 2}, options);  // the gradient of the input
  }
  check_conv2d(kFloat32, {3, 16, 75, 81}, {96, 8, 3, 2}, all[4]);
  check_conv2d(kFloat32, {6, 8, 75, 81}, {40, 8, 3, 2}, all[1]);
}

TEST_F(KernelVariants, PoolsWholeNumbers) {
  for (const DType dtype : kNumbers)
    expect_same([](const auto& in) { return F::max_pool2d(in[0], 2); }, {whole({2, 3, 7, 6}, dtype)},
                std::string(name(dtype)));
}

// Channels side by side, as many as a thread takes at once, at an address where it cannot.
TEST_F(KernelVariants, PoolsChannelsAtAnyAddress) {
  for (const DType dtype : kFloating) {
    const Tensor room = empty({2 * 5 * 6 * 16 + 1}, {.dtype = dtype, .device = kCuda}),
                 x = room.slice(0, 1, room.numel()).view({2, 5, 6, 16}).permute({0, 3, 1, 2});
    x.copy_(randint(-9, 10, {2, 16, 5, 6}));
    EXPECT_TRUE(x.is_contiguous(MemoryFormat::channels_last));
    EXPECT_TRUE(F::max_pool2d(x, 3, {.stride = 2}).cpu().equal(F::max_pool2d(x.cpu(), 3, {.stride = 2})))
        << name(dtype);
  }
}

TEST_F(KernelVariants, DrawsEveryType) {
  const auto same = [](const auto& draw, const std::string& what) {
    manual_seed(9);
    const Tensor expected = draw(Device("cpu"));
    manual_seed(9);
    EXPECT_TRUE(draw(kCuda).cpu().equal(expected)) << what;
  };
  for (const DType dtype : kEvery) {
    const std::string what(name(dtype));
    same([&](const Device& device) { return zeros({1003}, {.dtype = dtype, .device = device}).bernoulli_(0.3); }, what);
    for (const std::int64_t high : {std::int64_t{2}, std::int64_t{1} << 40}) {
      if (high > 2 && dtype != kInt64 && dtype != kFloat64 && dtype != kFloat32 && dtype != kBFloat16) continue;
      same([&](const Device& device) { return randint(0, high, {501}, {.dtype = dtype, .device = device}); }, what);
    }
  }
}

TEST_F(KernelVariants, LossesOfFewAndManyClasses) {
  for (const DType dtype : kFloating)
    for (const std::int64_t classes : {3, 40, 1500}) {
      const Tensor x = randn({5, classes}).to(dtype), target = randint(0, classes, {5});
      const auto loss_and_gradient = [&](const Device& device) {
        const Tensor in = x.to(device).requires_grad_();
        const Tensor loss = F::cross_entropy(in, target.to(device));
        return std::pair(loss.detach().cpu(), autograd::grad({loss}, {in})[0].cpu());
      };
      const auto [loss, grad] = loss_and_gradient("cpu");
      const auto [loss_there, grad_there] = loss_and_gradient(kCuda);
      // One rounding of the result, and of a probability, in the type.
      const double eps = dtype == kFloat64 ? 1e-13 : dtype == kFloat32 ? 1e-5 : dtype == kFloat16 ? 1e-3 : 8e-3;
      EXPECT_NEAR(loss_there.item(), loss.item(), eps * loss.item()) << name(dtype) << classes;
      EXPECT_LE((grad_there - grad).abs().max().item(), eps) << name(dtype) << classes;
    }
}

// Ten steps from the same weights and gradients.
template <class Optimizer, class Options>
void check_optimizer(const Options& options) {
  for (const DType dtype : kFloating) {
    const Tensor start = randn({7, 9}).to(dtype), gradient = randn({7, 9}).to(dtype);
    const auto trained = [&](const Device& device) {
      const Tensor weight = start.clone().to(device).requires_grad_();
      Optimizer optimizer({weight}, options);
      for (int i = 0; i < 10; ++i) {
        weight.set_grad(gradient.to(device) * (i + 1));
        optimizer.step();
      }
      return weight.detach().cpu().to(kFloat64);
    };
    const double eps = dtype == kFloat64 ? 1e-12 : dtype == kFloat32 ? 1e-5 : dtype == kFloat16 ? 1e-2 : 8e-2;
    EXPECT_LE((trained(kCuda) - trained("cpu")).abs().max().item(), eps) << name(dtype);
  }
}

TEST_F(KernelVariants, OptimisersOfEveryType) {
  check_optimizer<optim::SGD>(optim::SGDOptions{.lr = 0.01, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true});
  check_optimizer<optim::SGD>(optim::SGDOptions{.lr = 0.01});
  check_optimizer<optim::Adam>(optim::AdamOptions{.lr = 0.01, .weight_decay = 0.1});
  check_optimizer<optim::AdamW>(optim::AdamWOptions{.lr = 0.01, .amsgrad = true});
}

}  // namespace
}  // namespace cresset::test
