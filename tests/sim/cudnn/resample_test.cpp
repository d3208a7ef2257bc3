// Pooling and its gradients.
#include <cmath>
#include <limits>

#include "interpreter.h"

namespace cudasim_test {
namespace {

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

}  // namespace
}  // namespace cudasim_test
