// Reductions.
#include "interpreter.h"

namespace cudasim_test {
namespace {

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

}  // namespace
}  // namespace cudasim_test
