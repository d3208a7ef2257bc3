#include "backend/cuda/cudnn/batch_norm_graph.h"

namespace cresset::cuda::backend::cudnn {
namespace {

Sizes sizes_of(const BatchNormProblem& p) { return {p.N, p.C, p.L, 1}; }

const Descriptor& elements(Graph& graph, const BatchNormProblem& p, std::int64_t id) {
  return graph.tensor(id, data_type(p.dtype), sizes_of(p), dense_strides(sizes_of(p), p.format));
}
const Descriptor& inner(Graph& graph, const BatchNormProblem& p, std::int64_t id) {
  return graph.inner_tensor(id, sizes_of(p), dense_strides(sizes_of(p), p.format));
}
const Descriptor& per_channel(Graph& graph, const BatchNormProblem& p, std::int64_t id) {
  const Sizes sizes{1, p.C, 1, 1};
  return graph.tensor(id, CUDNN_DATA_FLOAT, sizes, dense_strides(sizes, p.format));
}

void forward(Graph& graph, const BatchNormProblem& p, bool relu) {
  const Descriptor& normal = relu ? inner(graph, p, kNormInner) : elements(graph, p, kNormY);
  Descriptor& op = graph.operation(CUDNN_BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_MODE, CUDNN_BATCH_NORM);
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_PHASE, CUDNN_NORM_FWD_TRAINING);
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_XDESC, elements(graph, p, kNormX));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_YDESC, normal);
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_MEAN_DESC, per_channel(graph, p, kNormMean));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC, per_channel(graph, p, kNormInvstd));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_SCALE_DESC, per_channel(graph, p, kNormWeight));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_BIAS_DESC, per_channel(graph, p, kNormBias));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_EPSILON_DESC, graph.number(kNormEps));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC, graph.number(kNormFactor));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_MEAN_DESC, per_channel(graph, p, kNormOldMean));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_VAR_DESC, per_channel(graph, p, kNormOldVariance));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_MEAN_DESC, per_channel(graph, p, kNormNewMean));
  op.set(CUDNN_ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_VAR_DESC, per_channel(graph, p, kNormNewVariance));
  op.finalize();
  if (relu) graph.pointwise(CUDNN_POINTWISE_RELU_FWD, normal, nullptr, elements(graph, p, kNormY));
}

// cuDNN 9 has engines of its normalisation for training alone; this is the formula in single steps, which it fuses.
void inference(Graph& graph, const BatchNormProblem& p, bool relu) {
  const Descriptor* value = &elements(graph, p, kNormX);
  struct Step {
    cudnnPointwiseMode_t mode;
    std::int64_t operand;
  };
  std::vector<Step> steps{{CUDNN_POINTWISE_SUB, kNormMean}, {CUDNN_POINTWISE_MUL, kNormInvstd}};
  if (p.affine) {
    steps.push_back({CUDNN_POINTWISE_MUL, kNormWeight});
    steps.push_back({CUDNN_POINTWISE_ADD, kNormBias});
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool last = i + 1 == steps.size() && !relu;
    const Descriptor& next =
        last ? elements(graph, p, kNormY) : inner(graph, p, kNormInner + static_cast<std::int64_t>(i));
    graph.pointwise(steps[i].mode, *value, &per_channel(graph, p, steps[i].operand), next);
    value = &next;
  }
  if (relu) graph.pointwise(CUDNN_POINTWISE_RELU_FWD, *value, nullptr, elements(graph, p, kNormY));
}

}  // namespace

void build_batch_norm_forward(Graph& graph, const void* problem) {
  forward(graph, *static_cast<const BatchNormProblem*>(problem), false);
}
void build_batch_norm_relu_forward(Graph& graph, const void* problem) {
  forward(graph, *static_cast<const BatchNormProblem*>(problem), true);
}
void build_batch_norm_inference(Graph& graph, const void* problem) {
  inference(graph, *static_cast<const BatchNormProblem*>(problem), false);
}
void build_batch_norm_relu_inference(Graph& graph, const void* problem) {
  inference(graph, *static_cast<const BatchNormProblem*>(problem), true);
}

void build_batch_norm_backward(Graph& graph, const void* problem) {
  const auto& p = *static_cast<const BatchNormBackward::Problem*>(problem);
  Descriptor& op = graph.operation(CUDNN_BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_NORM_BWD_MODE, CUDNN_BATCH_NORM);
  op.set(CUDNN_ATTR_OPERATION_NORM_BWD_XDESC, elements(graph, p, kNormX));
  op.set(CUDNN_ATTR_OPERATION_NORM_BWD_DYDESC, elements(graph, p, kNormGradY));
  op.set(CUDNN_ATTR_OPERATION_NORM_BWD_MEAN_DESC, per_channel(graph, p, kNormMean));
  op.set(CUDNN_ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC, per_channel(graph, p, kNormInvstd));
  op.set(CUDNN_ATTR_OPERATION_NORM_BWD_SCALE_DESC, per_channel(graph, p, kNormWeight));
  op.set(CUDNN_ATTR_OPERATION_NORM_BWD_DXDESC, elements(graph, p, kNormGradX));
  op.set(CUDNN_ATTR_OPERATION_NORM_BWD_DSCALE_DESC, per_channel(graph, p, kNormGradWeight));
  op.set(CUDNN_ATTR_OPERATION_NORM_BWD_DBIAS_DESC, per_channel(graph, p, kNormGradBias));
  op.finalize();
}

}  // namespace cresset::cuda::backend::cudnn
