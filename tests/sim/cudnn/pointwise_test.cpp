// Pointwise operations alone.
#include <cmath>
#include <limits>

#include "interpreter.h"
#include "operations.h"

namespace cudasim_test {
namespace {

TEST_F(Cudnn, PointwiseOperandsAreRepeated) {
  const Sizes xs{2, 4, 1, 1}, bs{1, 4, 1, 1};
  const Descriptor x = tensor(1, kFloat, xs, channels_last(xs)), b = tensor(2, kFloat, bs, channels_last(bs));
  const Descriptor y = tensor(3, kFloat, xs, channels_last(xs));
  const Descriptor operation = pointwise_operation(CUDNN_POINTWISE_SUB, x, &b, y);
  const Plan plan({&operation});
  float *xv = device_array<float>({1, 2, 3, 4, 5, 6, 7, 8}), *bv = device_array<float>({10, 20, 30, 40});
  float* yv = device_array(Floats(8));
  ASSERT_EQ(execute(plan, {1, 2, 3}, {xv, bv, yv}), CUDNN_STATUS_SUCCESS) << reports();
  EXPECT_EQ(host_copy(yv, 8), (Floats{-9, -18, -27, -36, -5, -14, -23, -32}));

  const Descriptor dy = tensor(2, kFloat, xs, channels_last(xs));
  const Descriptor relu = pointwise_operation(CUDNN_POINTWISE_RELU_BWD, x, &dy, y);
  const Plan backward({&relu});
  float *input = device_array<float>({-1, 0, 1, 2, -1, 0, 1, 2}),
        *gradient = device_array<float>({5, 6, 7, 8, 1, 2, 3, 4});
  ASSERT_EQ(execute(backward, {1, 2, 3}, {input, gradient, yv}), CUDNN_STATUS_SUCCESS) << reports();
  EXPECT_EQ(host_copy(yv, 8), (Floats{0, 0, 7, 8, 0, 0, 3, 4}));
}

// Of four elements; `gradients` are of the modes that end in BWD.
class Activation : public Cudnn {
 protected:
  Floats of(cudnnPointwiseMode_t mode, const Floats& values, const Floats* gradients = nullptr) {
    const Sizes sizes{1, 1, 4};
    const Descriptor x = tensor(1, kFloat, sizes, contiguous(sizes)), dy = tensor(2, kFloat, sizes, contiguous(sizes)),
                     y = tensor(3, kFloat, sizes, contiguous(sizes));
    const Descriptor operation = pointwise_operation(mode, x, gradients ? &dy : nullptr, y);
    float *in = device_array(values), *out = device_array(Floats(4));
    std::vector<std::int64_t> ids{1, 3};
    std::vector<void*> pointers{in, out};
    if (gradients) {
      ids.push_back(2);
      pointers.push_back(device_array(*gradients));
    }
    EXPECT_EQ(execute(Plan({&operation}), ids, pointers), CUDNN_STATUS_SUCCESS) << reports();
    return host_copy(out, 4);
  }
};

void expect_near(const Floats& got, const Floats& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-6) << i;
}

TEST_F(Activation, OfBothKindsOfGelu) {
  const Floats x{-2, 0, 1, 3}, dy{1, 2, -1, 1};
  expect_near(of(CUDNN_POINTWISE_GELU_FWD, x), {-0.0455002f, 0, 0.8413447f, 2.9959503f});
  expect_near(of(CUDNN_POINTWISE_GELU_APPROX_TANH_FWD, x), {-0.0454023f, 0, 0.8411920f, 2.9963627f});
  expect_near(of(CUDNN_POINTWISE_GELU_BWD, x, &dy), {-0.0852318f, 1, -1.0833155f, 1.0119456f});
  expect_near(of(CUDNN_POINTWISE_GELU_APPROX_TANH_BWD, x, &dy), {-0.0860994f, 1, -1.0829641f, 1.0115842f});
}

TEST_F(Activation, OfInfinitiesAndNotANumber) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  Floats y = of(CUDNN_POINTWISE_RELU_FWD, {-inf, inf, nan, -1});
  EXPECT_TRUE(std::isnan(y[2]));
  y[2] = 7;
  EXPECT_EQ(y, (Floats{0, inf, 7, 0}));
  const Floats dy{inf, inf, 3, nan};
  EXPECT_EQ(of(CUDNN_POINTWISE_RELU_BWD, {-1, 1, nan, 0}, &dy), (Floats{0, inf, 3, 0}));
}

TEST_F(Cudnn, ANumberOfTheHostIsRepeated) {
  const Sizes sizes{1, 1, 3}, ones{1, 1, 1};
  const Descriptor one = tensor(1, kFloat, ones, ones, {.by_value = true}),
                   x = tensor(2, kFloat, sizes, contiguous(sizes)), y = tensor(3, kFloat, sizes, contiguous(sizes));
  const Descriptor operation = pointwise_operation(CUDNN_POINTWISE_SUB, one, &x, y);
  float number = 10, *xv = device_array<float>({1, 2, 3}), *yv = device_array(Floats(3));
  ASSERT_EQ(execute(Plan({&operation}), {1, 2, 3}, {&number, xv, yv}), CUDNN_STATUS_SUCCESS) << reports();
  number = 0;
  EXPECT_EQ(host_copy(yv, 3), (Floats{9, 8, 7}));
}

}  // namespace
}  // namespace cudasim_test
