// Batch normalisation by cuDNN: forward in training and evaluation, with relu or without, and the backward without.
#include "backend/cuda/cudnn/batch_norm_graph.h"
#include "backend/cuda/cudnn/kernels.h"
#include "backend/cuda/cudnn/request.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/workspace.h"
#include "cudnn_operands.cuh"

namespace cresset::cuda::backend {
namespace {

using namespace cudnn;

template <bool kRelu>
Request forward_request(const BatchNormProblem& p, const Context& context, bool inference) {
  const auto slot = inference ? (kRelu ? BatchNormReluInference::name : BatchNormInference::name)
                              : (kRelu ? BatchNormReluForward::name : BatchNormForward::name);
  PlanKey key(slot, context, searching());
  // A plan for training is the same for every epsilon, and always has a weight and a bias.
  for (const std::int64_t word : {static_cast<std::int64_t>(p.dtype), static_cast<std::int64_t>(p.format), p.N, p.C,
                                  p.L, std::int64_t{inference && p.affine}})
    key.add(word);
  const auto build = inference ? (kRelu ? build_batch_norm_relu_inference : build_batch_norm_inference)
                               : (kRelu ? build_batch_norm_relu_forward : build_batch_norm_forward);
  return {key, build, &p, p.dtype == kFloat32, false};
}
Request backward_request(const BatchNormBackward::Problem& p, const Context& context) {
  PlanKey key(BatchNormBackward::name, context, searching());
  for (const std::int64_t word :
       {static_cast<std::int64_t>(p.dtype), static_cast<std::int64_t>(p.format), p.N, p.C, p.L})
    key.add(word);
  return {key, build_batch_norm_backward, &p, p.dtype == kFloat32, false};
}

Refusal refuse_empty(const BatchNormProblem& p) {
  if (p.N * p.C * p.L == 0) return {"cuDNN takes no tensor without elements"};
  return {};
}

template <bool kRelu>
Refusal refuses_forward(const BatchNormProblem& p, const Context& context) {
  if (const Refusal refusal = refuse(p.dtype)) return refusal;
  if (const Refusal refusal = refuse_empty(p)) return refusal;
  if (p.N * p.L < 2) return {"cuDNN tells the unbiased variance, and a channel has one element"};
  return refuse(forward_request<kRelu>(p, context, false), context);
}
template <bool kRelu>
Refusal refuses_inference(const BatchNormProblem& p, const Context& context) {
  if (const Refusal refusal = refuse(p.dtype)) return refusal;
  if (const Refusal refusal = refuse_empty(p)) return refusal;
  return refuse(forward_request<kRelu>(p, context, true), context);
}
Refusal refuses_backward(const BatchNormBackward::Problem& p, const Context& context) {
  if (const Refusal refusal = refuse(p.dtype)) return refusal;
  if (const Refusal refusal = refuse_empty(p)) return refusal;
  if (!p.training) return {"cuDNN's gradient takes mean and variance for those of x, not for given ones"};
  return refuse(backward_request(p, context), context);
}

// An operand with a float for each channel, in rows of `stride` bytes of the scratch memory.
class ChannelRows {
 public:
  ChannelRows(const BatchNormProblem& p, const Context& context, std::size_t rows)
      : bytes_(static_cast<std::size_t>(p.C) * sizeof(float)),
        stride_((bytes_ + kAlignment - 1) / kAlignment * kAlignment),
        scratch_(context, rows * stride_),
        stream_(stream_of(context.stream)) {}
  std::size_t bytes() const { return bytes_; }
  Operand given(std::int64_t id, const void* values, bool output = false) const {
    return {id, const_cast<void*>(values), bytes_, output};
  }
  // The next row: nobody's.
  float* row() { return reinterpret_cast<float*>(static_cast<char*>(scratch_.data()) + stride_ * used_++); }
  // `values`, or a row filled with `value` where there are none.
  Operand input(std::int64_t id, const void* values, float value) {
    if (values) return given(id, values);
    float* const filled = row();
    check_cuda(kernels::cudnn::fill_floats(static_cast<std::int64_t>(bytes_ / sizeof(float)), value, filled, stream_),
               "batch_norm");
    return given(id, filled);
  }
  Operand output(std::int64_t id, void* values) { return given(id, values ? values : row(), true); }

 private:
  std::size_t bytes_, stride_, used_ = 0;
  Workspace scratch_;
  cudaStream_t stream_;
};

Operand elements(const BatchNormProblem& p, std::int64_t id, const void* values, bool output = false) {
  return {id, const_cast<void*>(values), static_cast<std::size_t>(p.N * p.C * p.L) * element_size(p.dtype), output};
}

template <bool kRelu>
void run_forward(const BatchNormProblem& p, const Context& context, const void* x, const void* weight, const void* bias,
                 void* y, void* mean, void* invstd, void* variance) {
  ChannelRows rows(p, context, 5);
  float eps = static_cast<float>(p.eps), factor = 1;
  // Running statistics that are the new ones alone: 0 * old + 1 * new.
  run(forward_request<kRelu>(p, context, false), context,
      {elements(p, kNormX, x),
       elements(p, kNormY, y, true),
       rows.given(kNormMean, mean, true),
       rows.given(kNormInvstd, invstd, true),
       rows.input(kNormWeight, weight, 1),
       rows.input(kNormBias, bias, 0),
       rows.input(kNormOldMean, nullptr, 0),
       rows.input(kNormOldVariance, nullptr, 0),
       rows.output(kNormNewMean, nullptr),
       rows.given(kNormNewVariance, variance, true),
       {kNormEps, &eps, 0},
       {kNormFactor, &factor, 0}});
  // The running variance is the unbiased one.
  const double count = static_cast<double>(p.N * p.L);
  check_cuda(kernels::cudnn::scale_floats(p.C, static_cast<float>((count - 1) / count), static_cast<float*>(variance),
                                          stream_of(context.stream)),
             "batch_norm");
}

template <bool kRelu>
void run_inference(const BatchNormProblem& p, const Context& context, const void* x, const void* weight,
                   const void* bias, const void* mean, const void* invstd, void* y) {
  ChannelRows rows(p, context, 2);
  std::vector<Operand> all{elements(p, kNormX, x), elements(p, kNormY, y, true), rows.given(kNormMean, mean),
                           rows.given(kNormInvstd, invstd)};
  if (p.affine) {
    all.push_back(rows.input(kNormWeight, weight, 1));
    all.push_back(rows.input(kNormBias, bias, 0));
  }
  run(forward_request<kRelu>(p, context, true), context, all);
}

void run_backward(const BatchNormBackward::Problem& p, const Context& context, const void* grad_y, const void* x,
                  const void* weight, const void* mean, const void* invstd, void* grad_x, void* grad_weight,
                  void* grad_bias) {
  ChannelRows rows(p, context, 3);
  run(backward_request(p, context), context,
      {elements(p, kNormX, x), elements(p, kNormGradY, grad_y), elements(p, kNormGradX, grad_x, true),
       rows.given(kNormMean, mean), rows.given(kNormInvstd, invstd), rows.input(kNormWeight, weight, 1),
       rows.output(kNormGradWeight, grad_weight), rows.output(kNormGradBias, grad_bias)});
}

}  // namespace

constinit const Kernel<BatchNormForward> kBatchNormForwardCudnn = {"cudnn", refuses_forward<false>, run_forward<false>};
constinit const Kernel<BatchNormInference> kBatchNormInferenceCudnn = {"cudnn", refuses_inference<false>,
                                                                       run_inference<false>};
constinit const Kernel<BatchNormBackward> kBatchNormBackwardCudnn = {"cudnn", refuses_backward, run_backward};
constinit const Kernel<BatchNormReluForward> kBatchNormReluForwardCudnn = {"cudnn", refuses_forward<true>,
                                                                           run_forward<true>};
constinit const Kernel<BatchNormReluInference> kBatchNormReluInferenceCudnn = {"cudnn", refuses_inference<true>,
                                                                               run_inference<true>};

}  // namespace cresset::cuda::backend
