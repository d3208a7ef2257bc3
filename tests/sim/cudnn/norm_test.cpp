// Batch normalisation and its gradients.
#include "interpreter.h"

namespace cudasim_test {
namespace {

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

}  // namespace
}  // namespace cudasim_test
