// Convolutions, their gradients, and what is fused behind them.
#include <algorithm>

#include "interpreter.h"
#include "operations.h"

namespace cudasim_test {
namespace {

TEST_F(Cudnn, ConvolvesInBothModes) {
  for (const auto mode : {CUDNN_CROSS_CORRELATION, CUDNN_CONVOLUTION}) {
    const Plan plan = forward_plan({{1, 1, 3, 3}, {1, 1, 2, 2}, {1, 1, 2, 2}, {.mode = mode}});
    float *x = device_array<float>({1, 2, 3, 4, 5, 6, 7, 8, 9}), *w = device_array<float>({1, 10, 100, 1000});
    float* y = device_array(Floats(4));
    ASSERT_EQ(execute(plan, {1, 2, 3}, {x, w, y}), CUDNN_STATUS_SUCCESS) << reports();
    const Floats expected =
        mode == CUDNN_CROSS_CORRELATION ? Floats{5421, 6532, 8754, 9865} : Floats{1245, 2356, 4578, 5689};
    EXPECT_EQ(host_copy(y, 4), expected);
  }
  EXPECT_EQ(reports(), "");
}

TEST_F(Cudnn, PadsEachSideAloneStridesAndDilates) {
  // Rows: 2 before, none behind; columns: none before, 2 behind.
  const Plan padded =
      forward_plan({{1, 1, 2, 2}, {1, 1, 1, 1}, {1, 1, 4, 4}, {.pre = {2, 0}, .post = {0, 2}}}, 1, 0, true);
  float *x = device_array<float>({1, 2, 3, 4}), *w = device_array<float>({10});
  float* y = device_array(Floats(16, -1));
  ASSERT_EQ(execute(padded, {1, 2, 3}, {x, w, y}), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(y, 16), (Floats{0, 0, 0, 0, 0, 0, 0, 0, 10, 20, 0, 0, 30, 40, 0, 0}));

  // Rows 0 and 3 of the window by dilation 3, columns 0 and 1; strides 1 and 2.
  const Plan spread =
      forward_plan({{1, 1, 4, 4}, {1, 1, 2, 2}, {1, 1, 1, 2}, {.strides = {1, 2}, .dilations = {3, 1}}});
  float* square = device_array<float>({1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 8});
  float* taps = device_array<float>({1, 10, 100, 1000});
  float* two = device_array(Floats(2));
  ASSERT_EQ(execute(spread, {1, 2, 3}, {square, taps, two}), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(two, 2), (Floats{1 + 20 + 500 + 6000, 3 + 40 + 700 + 8000}));
}

TEST_F(Cudnn, StridesOfALayoutAreFollowedAndAlphaAndBetaToo) {
  // Two channels last in memory; y = 2 * x * w + 3 * y.
  const Plan plan = forward_plan({{1, 2, 1, 2}, {1, 2, 1, 1}, {1, 1, 1, 2}}, 2, 3, true);
  float *x = device_array<float>({1, 10, 2, 20}), *w = device_array<float>({5, 7}), *y = device_array<float>({1, 2});
  ASSERT_EQ(execute(plan, {1, 2, 3}, {x, w, y}), CUDNN_STATUS_SUCCESS) << reports();
  EXPECT_EQ(host_copy(y, 2), (Floats{2 * (5 + 70) + 3, 2 * (10 + 140) + 6}));
}

TEST_F(Cudnn, ConvolvesInGroups) {
  const Plan plan = forward_plan({{1, 4, 1, 1}, {2, 2, 1, 1}, {1, 2, 1, 1}});
  float *x = device_array<float>({1, 2, 3, 4}), *w = device_array<float>({1, 10, 100, 1000}),
        *y = device_array(Floats(2));
  ASSERT_EQ(execute(plan, {1, 2, 3}, {x, w, y}), CUDNN_STATUS_SUCCESS) << reports();
  EXPECT_EQ(host_copy(y, 2), (Floats{21, 4300}));
}

TEST_F(Cudnn, GradientsOfAConvolution) {
  const Sizes xs{1, 1, 3, 3}, ws{1, 1, 2, 2}, ys{1, 1, 2, 2};
  const Descriptor x = tensor(1, kFloat, xs, contiguous(xs)), w = tensor(2, kFloat, ws, contiguous(ws));
  const Descriptor y = tensor(3, kFloat, ys, contiguous(ys)), options = convolution({});
  const Descriptor data = backward_data_operation(x, w, y, options);
  const Plan data_plan({&data});
  float *values = device_array<float>({1, 2, 3, 4, 5, 6, 7, 8, 9}), *dx = device_array(Floats(9));
  float *taps = device_array<float>({1, 10, 100, 1000}), *dw = device_array(Floats(4));
  float* dy = device_array<float>({1, 2, 3, 4});
  ASSERT_EQ(execute(data_plan, {1, 2, 3}, {dx, taps, dy}), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(dx, 9), (Floats{1, 12, 20, 103, 1234, 2040, 300, 3400, 4000}));

  Descriptor filter(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
  filter.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, x)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, w)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, y)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, options)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, 0.0f)
      .finalize();
  const Plan filter_plan({&filter});
  ASSERT_EQ(execute(filter_plan, {1, 2, 3}, {values, dw, dy}), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(dw, 4), (Floats{37, 47, 67, 77}));
  EXPECT_EQ(reports(), "");
}

TEST_F(Cudnn, BiasAndReluAreFusedAndVirtualTensorsLieNowhere) {
  const Sizes xs{1, 8, 1, 2}, ws{8, 8, 1, 1}, ys{1, 8, 1, 2}, bs{1, 8, 1, 1};
  const TensorOptions real{.alignment = 16}, nowhere{.is_virtual = true, .alignment = 16};
  const Descriptor x = tensor(1, kBfloat, xs, channels_last(xs), real),
                   w = tensor(2, kBfloat, ws, channels_last(ws), real);
  const Descriptor y = tensor(3, kBfloat, ys, channels_last(ys), real),
                   b = tensor(4, kBfloat, bs, channels_last(bs), real);
  const Descriptor sum = tensor(10, kFloat, ys, channels_last(ys), nowhere);
  const Descriptor biased = tensor(11, kFloat, ys, channels_last(ys), nowhere);
  const Descriptor options = convolution({});
  const Descriptor first = forward_operation(x, w, sum, options);
  const Descriptor second = pointwise_operation(CUDNN_POINTWISE_ADD, sum, &b, biased);
  const Descriptor third = pointwise_operation(CUDNN_POINTWISE_RELU_FWD, biased, nullptr, y);
  const Plan plan({&first, &second, &third});
  // bfloat16 by its bits: the identity as the filter, x_c = 2 and -3, bias 1.
  constexpr std::uint16_t kOne = 0x3f80, kTwo = 0x4000, kThree = 0x4040, kMinusThree = 0xc040;
  std::vector<std::uint16_t> xv(16, kTwo), wv(64), bv(8, kOne);
  for (std::size_t c = 0; c < 8; ++c) {
    xv[8 + c] = kMinusThree;
    wv[c * 8 + c] = kOne;
  }
  std::uint16_t *dx = device_array(xv), *dw = device_array(wv), *db = device_array(bv);
  auto* dy = device_array(std::vector<std::uint16_t>(16));
  ASSERT_EQ(execute(plan, {1, 2, 3, 4}, {dx, dw, dy, db}), CUDNN_STATUS_SUCCESS);
  std::vector<std::uint16_t> expected(16, kThree);
  std::fill(expected.begin() + 8, expected.end(), std::uint16_t{0});
  EXPECT_EQ(host_copy(dy, 16), expected);
  EXPECT_EQ(reports(), "");
}

}  // namespace
}  // namespace cudasim_test
