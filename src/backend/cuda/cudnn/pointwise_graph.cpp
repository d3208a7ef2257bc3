#include "backend/cuda/cudnn/pointwise_graph.h"

namespace cresset::cuda::backend::cudnn {
namespace {

// cuDNN 9.19 has engines for n elements in three dimensions, whatever n below 2^31, and not in four: none for one
// element, and none for several but as channels of channels_last. It compiles a kernel for each n: for a graph of
// dynamic shapes, whose kernels it would cache, it has no engine.
constexpr std::size_t kDims = 3;

const Descriptor& elements(Graph& graph, std::int64_t id, DType dtype, std::int64_t n) {
  return graph.tensor(id, data_type(dtype), {1, 1, n}, {n, n, 1});
}
const Descriptor& inner(Graph& graph, std::int64_t id, std::int64_t n) {
  return graph.inner_tensor(kPointInner + id, {1, 1, n}, {n, n, 1});
}

template <int kOperands>
bool is_dense(const StridedLoop<kOperands>& loop) {
  if (loop.dims > 1) return false;
  bool dense = true;
  for (int i = 0; loop.dims == 1 && i < kOperands; ++i) dense &= loop.strides[i][0] == 1;
  return dense;
}

template <int kOperands>
Refusal refuse_loop(const StridedLoop<kOperands>& loop) {
  if (!is_dense(loop)) return {"cuDNN is given dense operands alone, all in one order"};
  if (loop.numel() == 0) return {"cuDNN takes no tensor without elements"};
  return {};
}

}  // namespace

Refusal refuse_activation(const UnaryProblem& p) {
  switch (p.op) {
    case UnaryOp::relu:
    case UnaryOp::sigmoid:
    case UnaryOp::tanh:
    case UnaryOp::gelu:
    case UnaryOp::gelu_tanh: return refuse_loop(p.loop);
    default: return {"cuDNN is asked for relu, sigmoid, tanh and gelu alone"};
  }
}

Refusal refuse_activation_backward(const BinaryProblem& p) {
  if (p.op < BinaryOp::sigmoid_backward)
    return {"cuDNN is asked for the gradients of relu, sigmoid, tanh and gelu alone"};
  if (p.a_on_host || p.b_on_host) return {"cuDNN is given tensors alone, and an operand is a number"};
  return refuse_loop(p.loop);
}

bool needs_one(const BinaryProblem& p) { return p.op == BinaryOp::sigmoid_backward || p.op == BinaryOp::tanh_backward; }

void build_activation(Graph& graph, const void* problem) {
  const auto& p = *static_cast<const UnaryProblem*>(problem);
  const std::int64_t n = p.loop.numel();
  const Descriptor &x = elements(graph, kPointX, p.dtype, n), &y = elements(graph, kPointY, p.dtype, n);
  const auto mode = [&] {
    switch (p.op) {
      case UnaryOp::relu: return CUDNN_POINTWISE_RELU_FWD;
      case UnaryOp::sigmoid: return CUDNN_POINTWISE_SIGMOID_FWD;
      case UnaryOp::tanh: return CUDNN_POINTWISE_TANH_FWD;
      case UnaryOp::gelu: return CUDNN_POINTWISE_GELU_FWD;
      default: return CUDNN_POINTWISE_GELU_APPROX_TANH_FWD;
    }
  }();
  graph.pointwise(mode, x, nullptr, y);
}

// cuDNN's own gradients are functions of x. That of relu is the same of y; those of sigmoid and tanh are written out.
void build_activation_backward(Graph& graph, const void* problem) {
  const auto& p = *static_cast<const BinaryProblem*>(problem);
  const std::int64_t n = p.loop.numel();
  const Descriptor &saved = elements(graph, kPointSaved, p.dtype, n),
                   &grad_y = elements(graph, kPointGradY, p.dtype, n),
                   &grad_x = elements(graph, kPointGradX, p.dtype, n);
  switch (p.op) {
    case BinaryOp::sigmoid_backward: {  // grad_y * (1 - y) * y
      const Descriptor &rest = inner(graph, 0, n), &product = inner(graph, 1, n);
      graph.pointwise(CUDNN_POINTWISE_SUB, graph.number(kPointOne, kDims), &saved, rest);
      graph.pointwise(CUDNN_POINTWISE_MUL, grad_y, &rest, product);
      graph.pointwise(CUDNN_POINTWISE_MUL, product, &saved, grad_x);
      return;
    }
    case BinaryOp::tanh_backward: {  // grad_y * (1 - y * y)
      const Descriptor &square = inner(graph, 0, n), &rest = inner(graph, 1, n);
      graph.pointwise(CUDNN_POINTWISE_MUL, saved, &saved, square);
      graph.pointwise(CUDNN_POINTWISE_SUB, graph.number(kPointOne, kDims), &square, rest);
      graph.pointwise(CUDNN_POINTWISE_MUL, grad_y, &rest, grad_x);
      return;
    }
    case BinaryOp::relu_backward: return graph.pointwise_backward(CUDNN_POINTWISE_RELU_BWD, saved, grad_y, grad_x);
    case BinaryOp::gelu_backward: return graph.pointwise_backward(CUDNN_POINTWISE_GELU_BWD, saved, grad_y, grad_x);
    default: return graph.pointwise_backward(CUDNN_POINTWISE_GELU_APPROX_TANH_BWD, saved, grad_y, grad_x);
  }
}

}  // namespace cresset::cuda::backend::cudnn
