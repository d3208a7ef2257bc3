#include "backend/cuda/cudnn/conv2d_graph.h"

#include <algorithm>

namespace cresset::cuda::backend::cudnn {
namespace {

// Padding behind, of which the problem says only what follows from P: any that gives P will do. The same as in front is
// what most engines are made for.
std::int64_t padding_behind(std::int64_t size, std::int64_t taps, std::int64_t outputs, std::int64_t stride,
                            std::int64_t dilation, std::int64_t before) {
  const std::int64_t least = (outputs - 1) * stride + (taps - 1) * dilation + 1 - size - before;
  return std::clamp(before, std::max<std::int64_t>(least, 0), std::max<std::int64_t>(least + stride - 1, 0));
}

struct Operands {
  const Descriptor &x, &w, &y, &convolution;
};

const Descriptor& convolution(Graph& graph, const Conv2dProblem& p) {
  Descriptor& d = graph.part(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  d.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
  d.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  d.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
  d.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, Sizes{p.pad_top, p.pad_left});
  d.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS,
        Sizes{padding_behind(p.H, p.R, p.P, p.stride_h, p.dilation_h, p.pad_top),
              padding_behind(p.W, p.S, p.Q, p.stride_w, p.dilation_w, p.pad_left)});
  d.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, Sizes{p.stride_h, p.stride_w});
  d.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, Sizes{p.dilation_h, p.dilation_w});
  d.finalize();
  return d;
}

const Descriptor& tensor(Graph& graph, const Conv2dProblem& p, std::int64_t id, const Sizes& sizes) {
  return graph.tensor(id, data_type(p.dtype), sizes, dense_strides(sizes, p.format));
}

Sizes output_sizes(const Conv2dProblem& p) { return {p.N, p.K, p.P, p.Q}; }

// Groups follow from the channels of x and w.
Operands operands(Graph& graph, const Conv2dProblem& p, const Descriptor* y) {
  return {tensor(graph, p, kConvX, {p.N, p.C, p.H, p.W}), tensor(graph, p, kConvW, {p.K, p.C / p.groups, p.R, p.S}),
          y ? *y : tensor(graph, p, kConvY, output_sizes(p)), convolution(graph, p)};
}

void forward(Graph& graph, const Conv2dProblem& p, bool relu) {
  const Sizes sizes = output_sizes(p), strides = dense_strides(sizes, p.format);
  const bool fused = p.bias || relu;
  const Descriptor* sum = fused ? &graph.inner_tensor(kConvSum, sizes, strides) : nullptr;
  const Operands o = operands(graph, p, sum);
  Descriptor& op = graph.operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, o.x);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, o.w);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, o.y);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, o.convolution);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.0f);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0.0f);
  op.finalize();
  if (!fused) return;
  const Descriptor& y = tensor(graph, p, kConvY, sizes);
  if (p.bias) {
    const Descriptor& bias = tensor(graph, p, kConvBias, {1, p.K, 1, 1});
    const Descriptor& biased = relu ? graph.inner_tensor(kConvBiased, sizes, strides) : y;
    graph.pointwise(CUDNN_POINTWISE_ADD, *sum, &bias, biased);
    sum = &biased;
  }
  if (relu) graph.pointwise(CUDNN_POINTWISE_RELU_FWD, *sum, nullptr, y);
}

}  // namespace

void build_conv2d_forward(Graph& graph, const void* problem) {
  forward(graph, *static_cast<const Conv2dProblem*>(problem), false);
}
void build_conv2d_relu_forward(Graph& graph, const void* problem) {
  forward(graph, *static_cast<const Conv2dProblem*>(problem), true);
}

void build_conv2d_grad_input(Graph& graph, const void* problem) {
  const Operands o = operands(graph, *static_cast<const Conv2dProblem*>(problem), nullptr);
  Descriptor& op = graph.operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, o.x);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, o.w);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, o.y);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, o.convolution);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1.0f);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0.0f);
  op.finalize();
}

void build_conv2d_grad_weight(Graph& graph, const void* problem) {
  const Operands o = operands(graph, *static_cast<const Conv2dProblem*>(problem), nullptr);
  Descriptor& op = graph.operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, o.x);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, o.w);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, o.y);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, o.convolution);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1.0f);
  op.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, 0.0f);
  op.finalize();
}

}  // namespace cresset::cuda::backend::cudnn
