// relu, sigmoid, tanh, gelu and their gradients by cuDNN.
#include "backend/cuda/cudnn/kernels.h"
#include "backend/cuda/cudnn/pointwise_graph.h"
#include "backend/cuda/cudnn/request.h"

namespace cresset::cuda::backend {
namespace {

using namespace cudnn;

template <class Problem>
Request request_of(std::string_view slot, void (*build)(Graph&, const void*), const Problem& p,
                   const Context& context) {
  PlanKey key(slot, context, searching());
  for (const std::int64_t word : {static_cast<std::int64_t>(p.op), static_cast<std::int64_t>(p.dtype), p.loop.numel()})
    key.add(word);
  return {key, build, &p, p.dtype == kFloat32, false};
}
Request request(const UnaryProblem& p, const Context& context) {
  return request_of(Unary::name, build_activation, p, context);
}
Request request(const BinaryProblem& p, const Context& context) {
  return request_of(Binary::name, build_activation_backward, p, context);
}

// The slots are those of every small op: what is not asked for opens no library.
Refusal refuses_unary(const UnaryProblem& p, const Context& context) {
  if (const Refusal refusal = refuse_activation(p)) return refusal;
  if (const Refusal refusal = refuse(p.dtype)) return refusal;
  return refuse(request(p, context), context);
}
Refusal refuses_binary(const BinaryProblem& p, const Context& context) {
  if (const Refusal refusal = refuse_activation_backward(p)) return refusal;
  if (const Refusal refusal = refuse(p.dtype)) return refusal;
  return refuse(request(p, context), context);
}

template <class Problem>
Operand operand(const Problem& p, std::int64_t id, const void* values, bool output = false) {
  return {id, const_cast<void*>(values), static_cast<std::size_t>(p.loop.numel()) * element_size(p.dtype), output};
}

void run_unary(const UnaryProblem& p, const Context& context, const void* x, void* y) {
  run(request(p, context), context, {operand(p, kPointX, x), operand(p, kPointY, y, true)});
}

void run_binary(const BinaryProblem& p, const Context& context, const void* grad_y, const void* saved, void* grad_x) {
  std::vector<Operand> all{operand(p, kPointGradY, grad_y), operand(p, kPointSaved, saved),
                           operand(p, kPointGradX, grad_x, true)};
  float one = 1;
  if (needs_one(p)) all.push_back({kPointOne, &one, 0});
  run(request(p, context), context, all);
}

}  // namespace

constinit const Kernel<Unary> kUnaryCudnn = {"cudnn", refuses_unary, run_unary};
constinit const Kernel<Binary> kBinaryCudnn = {"cudnn", refuses_binary, run_binary};

}  // namespace cresset::cuda::backend
