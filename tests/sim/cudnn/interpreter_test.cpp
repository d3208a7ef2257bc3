// The simulator executes cuDNN's finalised plans: results by hand, in small whole numbers.
#include <cuda_runtime.h>
#include <cudasim.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "plan.h"

namespace cudasim_test {
namespace {

constexpr auto kFloat = CUDNN_DATA_FLOAT;
constexpr auto kBfloat = CUDNN_DATA_BFLOAT16;

template <class T>
T* device_array(const std::vector<T>& values) {
  void* pointer = nullptr;
  EXPECT_EQ(cudaMalloc(&pointer, values.size() * sizeof(T)), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(pointer, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), cudaSuccess);
  return static_cast<T*>(pointer);
}

template <class T>
std::vector<T> host_copy(const T* pointer, std::size_t count) {
  std::vector<T> values(count);
  EXPECT_EQ(cudaMemcpy(values.data(), pointer, count * sizeof(T), cudaMemcpyDeviceToHost), cudaSuccess);
  return values;
}

using Floats = std::vector<float>;

class Cudnn : public testing::Test {
 protected:
  void SetUp() override {
    if (!functions().missing.empty()) GTEST_SKIP() << functions().missing;
    cudasim::print_reports(false);
    cudasim::reset({});
    cudasim::take_reports();
    ASSERT_EQ(functions().create(&handle_), CUDNN_STATUS_SUCCESS);
  }
  void TearDown() override {
    if (handle_) functions().destroy(handle_);
    cudasim::reset({});
    cudasim::take_reports();
    cudasim::print_reports(true);
  }

  static std::string reports() {
    std::string all;
    for (const std::string& report : cudasim::take_reports()) all += report + "\n";
    return all;
  }

  cudnnStatus_t execute(const Plan& plan, const std::vector<std::int64_t>& ids, const std::vector<void*>& pointers) {
    void* workspace = nullptr;
    if (plan.workspace_size() > 0) {
      EXPECT_EQ(cudaMalloc(&workspace, static_cast<std::size_t>(plan.workspace_size())), cudaSuccess);
    }
    const Descriptor pack = variant_pack(ids, pointers, workspace);
    return functions().execute(handle_, plan.raw(), pack.raw());
  }

  cudnnHandle_t handle_ = nullptr;
};

// y = x * w of one image and channel.
struct Convolved {
  Sizes x, w, y;
  ConvolutionOptions options = {};
};

Descriptor forward_operation(const Descriptor& x, const Descriptor& w, const Descriptor& y, const Descriptor& options,
                             float alpha = 1, float beta = 0) {
  Descriptor made(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  made.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, w)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, options)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, alpha)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, beta)
      .finalize();
  return made;
}

Plan forward_plan(const Convolved& c, float alpha = 1, float beta = 0, bool last = false) {
  const auto strides = [&](const Sizes& s) { return last ? channels_last(s) : contiguous(s); };
  const Descriptor x = tensor(1, kFloat, c.x, strides(c.x)), w = tensor(2, kFloat, c.w, strides(c.w));
  const Descriptor y = tensor(3, kFloat, c.y, strides(c.y)), options = convolution(c.options);
  const Descriptor operation = forward_operation(x, w, y, options, alpha, beta);
  return Plan({&operation});
}

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
  Descriptor data(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
  data.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, x)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, w)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, y)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, options)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0.0f)
      .finalize();
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

Descriptor pointwise_operation(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* b, const Descriptor& y,
                               float alpha1 = 1, float alpha2 = 1) {
  Descriptor kind = pointwise(mode);
  kind.finalize();
  const bool backward = mode == CUDNN_POINTWISE_RELU_BWD;
  Descriptor made(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  made.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kind)
      .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x)
      .set(backward ? CUDNN_ATTR_OPERATION_POINTWISE_DXDESC : CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y)
      .set(CUDNN_ATTR_OPERATION_POINTWISE_ALPHA1, alpha1)
      .set(CUDNN_ATTR_OPERATION_POINTWISE_ALPHA2, alpha2);
  if (b) made.set(backward ? CUDNN_ATTR_OPERATION_POINTWISE_DYDESC : CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  made.finalize();
  return made;
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

TEST_F(Cudnn, SumsOverWhatTheResultHasNot) {
  const Sizes xs{2, 2, 2, 2}, ys{1, 2, 1, 1};
  const Descriptor x = tensor(1, kFloat, xs, channels_last(xs)), y = tensor(2, kFloat, ys, channels_last(ys));
  const auto kind = CUDNN_REDUCE_TENSOR_ADD;
  Descriptor how(CUDNN_BACKEND_REDUCTION_DESCRIPTOR), operation(CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
  how.set(CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, &kind)
      .set(CUDNN_ATTR_REDUCTION_COMP_TYPE, kFloat)
      .finalize();
  operation.set(CUDNN_ATTR_OPERATION_REDUCTION_DESC, how)
      .set(CUDNN_ATTR_OPERATION_REDUCTION_XDESC, x)
      .set(CUDNN_ATTR_OPERATION_REDUCTION_YDESC, y)
      .finalize();
  const Plan plan({&operation});
  Floats values;
  for (int i = 0; i < 8; ++i) {
    values.push_back(static_cast<float>(i));
    values.push_back(100);
  }
  float *xv = device_array(values), *yv = device_array(Floats(2));
  ASSERT_EQ(execute(plan, {1, 2}, {xv, yv}), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(yv, 2), (Floats{28, 800}));
}

Descriptor pooling(cudnnResampleMode_t mode, const Sizes& window, const Sizes& stride, const Sizes& pre,
                   const Sizes& post, cudnnNanPropagation_t nan = CUDNN_PROPAGATE_NAN) {
  const auto padding = mode == CUDNN_RESAMPLE_MAXPOOL ? CUDNN_NEG_INF_PAD : CUDNN_ZERO_PAD;
  Descriptor made(CUDNN_BACKEND_RESAMPLE_DESCRIPTOR);
  made.set(CUDNN_ATTR_RESAMPLE_MODE, CUDNN_TYPE_RESAMPLE_MODE, &mode)
      .set(CUDNN_ATTR_RESAMPLE_COMP_TYPE, kFloat)
      .set(CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS, std::int64_t{2})
      .set(CUDNN_ATTR_RESAMPLE_PADDING_MODE, CUDNN_TYPE_PADDING_MODE, &padding)
      .set(CUDNN_ATTR_RESAMPLE_NAN_PROPAGATION, CUDNN_TYPE_NAN_PROPOGATION, &nan)
      .set_fractions(CUDNN_ATTR_RESAMPLE_WINDOW_DIMS, window)
      .set_fractions(CUDNN_ATTR_RESAMPLE_STRIDES, stride)
      .set_fractions(CUDNN_ATTR_RESAMPLE_PRE_PADDINGS, pre)
      .set_fractions(CUDNN_ATTR_RESAMPLE_POST_PADDINGS, post)
      .finalize();
  return made;
}

Plan pool_plan(const Descriptor& options, const Sizes& xs, const Sizes& ys, bool backward, bool index) {
  const Descriptor x = tensor(1, kFloat, xs, channels_last(xs)), y = tensor(2, kFloat, ys, channels_last(ys));
  const Descriptor places = tensor(3, CUDNN_DATA_INT8, ys, channels_last(ys), {.alignment = 1});
  Descriptor made(backward ? CUDNN_BACKEND_OPERATION_RESAMPLE_BWD_DESCRIPTOR
                           : CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR);
  made.set(backward ? CUDNN_ATTR_OPERATION_RESAMPLE_BWD_DXDESC : CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC, x)
      .set(backward ? CUDNN_ATTR_OPERATION_RESAMPLE_BWD_DYDESC : CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC, y)
      .set(backward ? CUDNN_ATTR_OPERATION_RESAMPLE_BWD_DESC : CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC, options);
  if (index)
    made.set(backward ? CUDNN_ATTR_OPERATION_RESAMPLE_BWD_IDXDESC : CUDNN_ATTR_OPERATION_RESAMPLE_FWD_IDXDESC, places);
  made.finalize();
  return Plan({&made});
}

TEST_F(Cudnn, MaximaAndTheirPlacesInTheWindow) {
  const Descriptor options = pooling(CUDNN_RESAMPLE_MAXPOOL, {2, 2}, {2, 2}, {1, 1}, {1, 1});
  const Sizes xs{1, 1, 3, 3}, ys{1, 1, 2, 2};
  const Plan forward = pool_plan(options, xs, ys, false, true), backward = pool_plan(options, xs, ys, true, true);
  // Windows: {-5}, {-4 -3}, {-2; 7}, {0 7; 7 1}: the first of two equal ones is taken, padding never.
  float *x = device_array<float>({-5, -4, -3, -2, 0, 7, 7, 7, 1}), *y = device_array(Floats(4));
  auto* places = device_array(std::vector<std::int8_t>(4));
  ASSERT_EQ(execute(forward, {1, 2, 3}, {x, y, places}), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(y, 4), (Floats{-5, -3, 7, 7}));
  EXPECT_EQ(host_copy(places, 4), (std::vector<std::int8_t>{3, 3, 3, 1}));
  float *dy = device_array<float>({1, 2, 3, 4}), *dx = device_array(Floats(9));
  ASSERT_EQ(execute(backward, {1, 2, 3}, {dx, dy, places}), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(dx, 9), (Floats{1, 0, 2, 0, 0, 4, 3, 0, 0}));
  EXPECT_EQ(reports(), "");
}

TEST_F(Cudnn, NotANumberWinsAMaximumWhereItIsPropagated) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const auto nan : {CUDNN_PROPAGATE_NAN, CUDNN_NOT_PROPAGATE_NAN}) {
    const Descriptor options = pooling(CUDNN_RESAMPLE_MAXPOOL, {1, 3}, {1, 3}, {0, 0}, {0, 0}, nan);
    const Plan plan = pool_plan(options, {1, 1, 1, 3}, {1, 1, 1, 1}, false, true);
    float *x = device_array<float>({1, kNan, 2}), *y = device_array(Floats(1));
    auto* places = device_array(std::vector<std::int8_t>(1));
    ASSERT_EQ(execute(plan, {1, 2, 3}, {x, y, places}), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(std::isnan(host_copy(y, 1)[0]), nan == CUDNN_PROPAGATE_NAN);
    EXPECT_EQ(host_copy(places, 1)[0], nan == CUDNN_PROPAGATE_NAN ? 1 : 2);
  }
}

TEST_F(Cudnn, AveragesWithAndWithoutPadding) {
  const Sizes xs{1, 1, 2, 2}, ys{1, 1, 2, 2};
  for (const auto mode : {CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING, CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING}) {
    const bool included = mode == CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING;
    const Descriptor options = pooling(mode, {2, 2}, {1, 1}, {1, 0}, {0, 1});
    const Plan forward = pool_plan(options, xs, ys, false, false), backward = pool_plan(options, xs, ys, true, false);
    float *x = device_array<float>({4, 8, 12, 16}), *y = device_array(Floats(4));
    ASSERT_EQ(execute(forward, {1, 2}, {x, y}), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(host_copy(y, 4), (included ? Floats{3, 2, 10, 6} : Floats{6, 8, 10, 12}));
    float *dy = device_array<float>({4, 8, 12, 16}), *dx = device_array(Floats(4));
    ASSERT_EQ(execute(backward, {1, 2}, {dx, dy}), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(host_copy(dx, 4), (included ? Floats{4, 10, 3, 7} : Floats{5, 21, 3, 11}));
  }
}

// Channels' values 1, 3 and 2, 6: means 2 and 4, biased variances 1 and 4; epsilon 0 would need no rounding, and cuDNN
// takes it.
TEST_F(Cudnn, BatchNormForwardAndBackward) {
  const Sizes xs{2, 4, 1, 1}, cs{1, 4, 1, 1}, one{1, 1, 1, 1};
  const auto per_channel = [&](std::int64_t id) { return tensor(id, kFloat, cs, channels_last(cs)); };
  const Descriptor x = tensor(1, kFloat, xs, channels_last(xs)), y = tensor(2, kFloat, xs, channels_last(xs));
  const Descriptor mean = per_channel(3), invstd = per_channel(4), scale = per_channel(5), bias = per_channel(6);
  const Descriptor in_mean = per_channel(7), in_var = per_channel(8), out_mean = per_channel(9),
                   out_var = per_channel(10);
  const Descriptor epsilon = tensor(11, kFloat, one, one, {.by_value = true});
  const Descriptor factor = tensor(12, kFloat, one, one, {.by_value = true});
  const auto mode = CUDNN_BATCH_NORM;
  const auto phase = CUDNN_NORM_FWD_TRAINING;
  Descriptor forward(CUDNN_BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR);
  forward.set(CUDNN_ATTR_OPERATION_NORM_FWD_MODE, CUDNN_TYPE_NORM_MODE, &mode)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_PHASE, CUDNN_TYPE_NORM_FWD_PHASE, &phase)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_XDESC, x)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_YDESC, y)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_MEAN_DESC, mean)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC, invstd)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_SCALE_DESC, scale)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_BIAS_DESC, bias)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_EPSILON_DESC, epsilon)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC, factor)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_MEAN_DESC, in_mean)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_VAR_DESC, in_var)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_MEAN_DESC, out_mean)
      .set(CUDNN_ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_VAR_DESC, out_var)
      .finalize();
  const Plan plan({&forward});
  float *xv = device_array<float>({1, 2, 1, 2, 3, 6, 3, 6}), *yv = device_array(Floats(8)),
        *mv = device_array(Floats(4));
  float *iv = device_array(Floats(4)), *sv = device_array<float>({10, 100, 10, 100}),
        *bv = device_array<float>({5, 7, 5, 8});
  float *running_mean = device_array<float>({4, 8, 4, 8}), *running_var = device_array<float>({2, 4, 2, 4});
  // By value: host memory, read at the call.
  float eps = 0, half = 0.5f;
  ASSERT_EQ(execute(plan, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                    {xv, yv, mv, iv, sv, bv, running_mean, running_var, running_mean, running_var, &eps, &half}),
            CUDNN_STATUS_SUCCESS);
  eps = half = 1e6f;
  EXPECT_EQ(host_copy(yv, 8), (Floats{-5, -93, -5, -92, 15, 107, 15, 108}));
  EXPECT_EQ(host_copy(mv, 4), (Floats{2, 4, 2, 4}));
  EXPECT_EQ(host_copy(iv, 4), (Floats{1, 0.5, 1, 0.5}));
  EXPECT_EQ(host_copy(running_mean, 4), (Floats{3, 6, 3, 6}));
  EXPECT_EQ(host_copy(running_var, 4), (Floats{2, 6, 2, 6})) << "unbiased: 2 and 8";

  const Descriptor dy = tensor(7, kFloat, xs, channels_last(xs)), dx = tensor(8, kFloat, xs, channels_last(xs));
  const Descriptor dscale = per_channel(9), dbias = per_channel(10);
  Descriptor backward(CUDNN_BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR);
  backward.set(CUDNN_ATTR_OPERATION_NORM_BWD_MODE, CUDNN_TYPE_NORM_MODE, &mode)
      .set(CUDNN_ATTR_OPERATION_NORM_BWD_XDESC, x)
      .set(CUDNN_ATTR_OPERATION_NORM_BWD_MEAN_DESC, mean)
      .set(CUDNN_ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC, invstd)
      .set(CUDNN_ATTR_OPERATION_NORM_BWD_DYDESC, dy)
      .set(CUDNN_ATTR_OPERATION_NORM_BWD_SCALE_DESC, scale)
      .set(CUDNN_ATTR_OPERATION_NORM_BWD_DSCALE_DESC, dscale)
      .set(CUDNN_ATTR_OPERATION_NORM_BWD_DBIAS_DESC, dbias)
      .set(CUDNN_ATTR_OPERATION_NORM_BWD_DXDESC, dx)
      .finalize();
  const Plan backward_plan({&backward});
  // An inverse deviation that is not x's own keeps the gradient from vanishing.
  float *gradient = device_array<float>({1, 2, 1, 2, 5, 8, 5, 8}), *gx = device_array(Floats(8));
  float *given = device_array<float>({0.5, 0.25, 0.5, 0.25}), *gs = device_array(Floats(4)),
        *gb = device_array(Floats(4));
  ASSERT_EQ(execute(backward_plan, {1, 3, 4, 5, 7, 8, 9, 10}, {xv, mv, given, sv, gradient, gx, gs, gb}),
            CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(gb, 4), (Floats{6, 10, 6, 10}));
  EXPECT_EQ(host_copy(gs, 4), (Floats{2, 3, 2, 3}));
  EXPECT_EQ(host_copy(gx, 8), (Floats{-7.5f, -56.25f, -7.5f, -56.25f, 7.5f, 56.25f, 7.5f, 56.25f}));
  EXPECT_EQ(reports(), "");
}

TEST_F(Cudnn, WaitsForItsStreamAndIsCaptured) {
  const Plan plan = forward_plan({{1, 1, 1, 2}, {1, 1, 1, 1}, {1, 1, 1, 2}});
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(functions().set_stream(handle_, stream), CUDNN_STATUS_SUCCESS);
  float *x = device_array<float>({1, 2}), *w = device_array<float>({10}), *y = device_array<float>({-1, -1});
  void* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, 8, cudaHostAllocDefault), cudaSuccess);
  auto* late = static_cast<float*>(pinned);
  late[0] = 3;
  late[1] = 4;
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(x, late, 8, cudaMemcpyHostToDevice, stream), cudaSuccess);
  ASSERT_EQ(execute(plan, {1, 2, 3}, {x, w, y}), CUDNN_STATUS_SUCCESS) << reports();
  ASSERT_EQ(cudaMemcpyAsync(late, y, 8, cudaMemcpyDeviceToHost, stream), cudaSuccess);
  EXPECT_EQ(late[0], 3) << "nothing runs before it is waited for";
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(Floats(late, late + 2), (Floats{30, 40}));

  cudaGraph_t graph = nullptr;
  cudaGraphExec_t replay = nullptr;
  ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  ASSERT_EQ(execute(plan, {1, 2, 3}, {x, w, y}), CUDNN_STATUS_SUCCESS) << reports();
  ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  ASSERT_EQ(cudaGraphInstantiate(&replay, graph, 0), cudaSuccess);
  ASSERT_EQ(cudaMemset(x, 0, 8), cudaSuccess);
  EXPECT_EQ(host_copy(y, 2), (Floats{30, 40}));
  ASSERT_EQ(cudaGraphLaunch(replay, stream), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(host_copy(y, 2), (Floats{0, 0}));
  EXPECT_EQ(reports(), "");
}

TEST_F(Cudnn, WrongMemoryIsReportedAsAKernelsIs) {
  const Plan plan = forward_plan({{1, 1, 1, 2}, {1, 1, 1, 1}, {1, 1, 1, 2}});
  const auto arrays = [] {
    return std::vector<void*>{device_array<float>({1, 2}), device_array<float>({1}), device_array<float>({1, 2})};
  };
  const auto report_of = [&](const std::vector<void*>& pointers) {
    EXPECT_EQ(execute(plan, {1, 2, 3}, pointers), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    const std::string all = reports();
    cudasim::reset({});
    EXPECT_EQ(functions().destroy(handle_), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(functions().create(&handle_), CUDNN_STATUS_SUCCESS);
    return all;
  };
  std::vector<void*> pointers = arrays();
  pointers[2] = device_array<float>({1});
  EXPECT_NE(report_of(pointers).find("out of bounds: cuDNN's convolution: tensor 3 is bytes 0 to 8"),
            std::string::npos);
  float host[2];
  pointers = arrays();
  pointers[0] = host;
  EXPECT_NE(report_of(pointers).find("illegal address: cuDNN's convolution: tensor 1"), std::string::npos);
  pointers = arrays();
  EXPECT_EQ(cudaFree(pointers[1]), cudaSuccess);
  EXPECT_NE(report_of(pointers).find("use after free: cuDNN's convolution: tensor 2"), std::string::npos);
}

TEST_F(Cudnn, WhatDoesNotFitIsRefused) {
  const Plan plan = forward_plan({{1, 1, 1, 2}, {1, 1, 1, 1}, {1, 1, 1, 2}});
  float *x = device_array<float>({1, 2, 3}), *w = device_array<float>({1}), *y = device_array<float>({1, 2});
  EXPECT_EQ(execute(plan, {1, 2}, {x, w}), CUDNN_STATUS_BAD_PARAM);
  EXPECT_NE(reports().find("no pointer for tensor 3"), std::string::npos);
  EXPECT_EQ(execute(plan, {1, 2, 4}, {x, w, y}), CUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(execute(plan, {1, 2, 3}, {reinterpret_cast<char*>(x) + 2, w, y}), CUDNN_STATUS_BAD_PARAM);
  EXPECT_NE(reports().find("misaligned address"), std::string::npos);
  EXPECT_EQ(execute(plan, {1, 2, 3}, {x, w, x + 1}), CUDNN_STATUS_BAD_PARAM);
  EXPECT_NE(reports().find("tensor 3 is written and lies over tensor 1"), std::string::npos);
  EXPECT_EQ(functions().execute(nullptr, plan.raw(), plan.raw()), CUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(functions().execute(handle_, plan.raw(), plan.raw()), CUDNN_STATUS_BAD_PARAM);
  // What the simulator does not know is an error, not a guess.
  const Sizes xs{1, 4, 1, 1};
  const Descriptor in = tensor(1, kFloat, xs, channels_last(xs)), out = tensor(2, kFloat, xs, channels_last(xs));
  const Descriptor gelu = pointwise_operation(CUDNN_POINTWISE_GELU_FWD, in, nullptr, out);
  const Plan unknown({&gelu});
  reports();
  EXPECT_EQ(execute(unknown, {1, 2}, {x, y}), CUDNN_STATUS_NOT_SUPPORTED);
  EXPECT_NE(reports().find("the simulator does not know pointwise: CUDNN_POINTWISE_GELU_FWD"), std::string::npos);
}

TEST_F(Cudnn, TheWorkspaceMustBeThereAndIsOverwritten) {
  // Most engines of a gradient ask for one.
  const Sizes xs{2, 8, 8, 8}, ws{16, 8, 3, 3}, ys{2, 16, 6, 6};
  const Descriptor x = tensor(1, kFloat, xs, channels_last(xs)), w = tensor(2, kFloat, ws, channels_last(ws));
  const Descriptor y = tensor(3, kFloat, ys, channels_last(ys)), options = convolution({});
  Descriptor data(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
  data.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, x)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, w)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, y)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, options)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0.0f)
      .finalize();
  const Plan plan({&data});
  const auto size = static_cast<std::size_t>(plan.workspace_size());
  if (size == 0) GTEST_SKIP() << "this cuDNN's engine needs none";
  const std::vector<void*> pointers{device_array(Floats(1024)), device_array(Floats(1152)), device_array(Floats(1152))};
  const Descriptor none = variant_pack({1, 2, 3}, pointers, nullptr);
  EXPECT_EQ(functions().execute(handle_, plan.raw(), none.raw()), CUDNN_STATUS_BAD_PARAM);
  auto* workspace = device_array(std::vector<unsigned char>(size));
  const Descriptor enough = variant_pack({1, 2, 3}, pointers, workspace);
  EXPECT_EQ(functions().execute(handle_, plan.raw(), enough.raw()), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(workspace, size), std::vector<unsigned char>(size, 0xff));
  reports();
  void* little = nullptr;
  ASSERT_EQ(cudaMalloc(&little, size - 1), cudaSuccess);
  const Descriptor too_little = variant_pack({1, 2, 3}, pointers, little);
  EXPECT_EQ(functions().execute(handle_, plan.raw(), too_little.raw()), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_NE(reports().find("out of bounds: cuDNN's convolution_backward_data: the workspace"), std::string::npos);
}

}  // namespace
}  // namespace cudasim_test
