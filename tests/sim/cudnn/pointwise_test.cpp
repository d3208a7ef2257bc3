// Pointwise operations alone.
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

}  // namespace
}  // namespace cudasim_test
