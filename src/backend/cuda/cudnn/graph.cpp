#include "backend/cuda/cudnn/graph.h"

namespace cresset::cuda::backend::cudnn {

bool has_data_type(DType dtype) { return dtype == kFloat32 || dtype == kFloat16 || dtype == kBFloat16; }
cudnnDataType_t data_type(DType dtype) {
  return dtype == kFloat32 ? CUDNN_DATA_FLOAT : dtype == kFloat16 ? CUDNN_DATA_HALF : CUDNN_DATA_BFLOAT16;
}

Sizes dense_strides(const Sizes& s, MemoryFormat format) {
  if (format == MemoryFormat::channels_last) return {s[1] * s[2] * s[3], 1, s[1] * s[3], s[1]};
  return {s[1] * s[2] * s[3], s[2] * s[3], s[3], 1};
}

Descriptor& Graph::begin_tensor(std::int64_t id, cudnnDataType_t type, const Sizes& sizes, const Sizes& strides,
                                std::int64_t alignment) {
  Descriptor& d = part(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  d.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
  d.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type);
  d.set(CUDNN_ATTR_TENSOR_DIMENSIONS, sizes);
  d.set(CUDNN_ATTR_TENSOR_STRIDES, strides);
  d.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, alignment);
  return d;
}

const Descriptor& Graph::tensor(std::int64_t id, cudnnDataType_t type, const Sizes& sizes, const Sizes& strides) {
  Descriptor& d = begin_tensor(id, type, sizes, strides, kAlignment);
  d.finalize();
  return d;
}

const Descriptor& Graph::inner_tensor(std::int64_t id, const Sizes& sizes, const Sizes& strides) {
  Descriptor& d = begin_tensor(id, CUDNN_DATA_FLOAT, sizes, strides, kAlignment);
  d.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, true);
  d.finalize();
  return d;
}

const Descriptor& Graph::number(std::int64_t id, std::size_t dims) {
  const Sizes ones(dims, 1);
  Descriptor& d = begin_tensor(id, CUDNN_DATA_FLOAT, ones, ones, sizeof(float));
  d.set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, true);
  d.finalize();
  return d;
}

Descriptor& Graph::operation(cudnnBackendDescriptorType_t type) {
  Descriptor& d = part(type);
  operations_.push_back(d.handle());
  return d;
}

Descriptor& Graph::begin_pointwise(cudnnPointwiseMode_t mode, const Descriptor& x) {
  Descriptor& what = part(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  what.set(CUDNN_ATTR_POINTWISE_MODE, mode);
  what.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
  what.set(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, CUDNN_PROPAGATE_NAN);
  what.finalize();
  Descriptor& op = operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, what);
  op.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
  return op;
}

void Graph::pointwise(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* b, const Descriptor& y) {
  Descriptor& op = begin_pointwise(mode, x);
  if (b) op.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  op.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  op.finalize();
}

void Graph::pointwise_backward(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor& grad_y,
                               const Descriptor& grad_x) {
  Descriptor& op = begin_pointwise(mode, x);
  op.set(CUDNN_ATTR_OPERATION_POINTWISE_DYDESC, grad_y);
  op.set(CUDNN_ATTR_OPERATION_POINTWISE_DXDESC, grad_x);
  op.finalize();
}

}  // namespace cresset::cuda::backend::cudnn
