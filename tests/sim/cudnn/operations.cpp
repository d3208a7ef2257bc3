#include "operations.h"

namespace cudasim_test {

Descriptor forward_operation(const Descriptor& x, const Descriptor& w, const Descriptor& y, const Descriptor& options,
                             float alpha, float beta) {
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

Descriptor backward_data_operation(const Descriptor& dx, const Descriptor& w, const Descriptor& dy,
                                   const Descriptor& options) {
  Descriptor made(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
  made.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, dx)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, w)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, dy)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, options)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0.0f)
      .finalize();
  return made;
}

Plan forward_plan(const Convolved& c, float alpha, float beta, bool last) {
  const auto strides = [&](const Sizes& s) { return last ? channels_last(s) : contiguous(s); };
  const Descriptor x = tensor(1, CUDNN_DATA_FLOAT, c.x, strides(c.x)),
                   w = tensor(2, CUDNN_DATA_FLOAT, c.w, strides(c.w));
  const Descriptor y = tensor(3, CUDNN_DATA_FLOAT, c.y, strides(c.y)), options = convolution(c.options);
  const Descriptor operation = forward_operation(x, w, y, options, alpha, beta);
  return Plan({&operation});
}

Descriptor pointwise_operation(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* b, const Descriptor& y,
                               float alpha1, float alpha2) {
  Descriptor kind = pointwise(mode);
  kind.finalize();
  const bool backward = mode >= CUDNN_POINTWISE_RELU_BWD && mode <= CUDNN_POINTWISE_GELU_APPROX_TANH_BWD;
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

}  // namespace cudasim_test
