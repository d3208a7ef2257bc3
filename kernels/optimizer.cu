// One launch steps many tensors: a block finds its tensor by the number of its first block, which travel with the
// launch's arguments.
#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "optimizer.cuh"

namespace cresset::kernels {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kElementsOfBlock = 4 * kThreads;
constexpr int kMany = 36;  // arguments of a launch are at most 4 KiB

struct OneTensor {
  void *param, *low_param;  // null: no master weights
  const void* grad;
  void* state[3];
  std::int64_t size;
  AdamTensorNumbers numbers;  // Adam
  std::int64_t place;         // among all tensors of the step
  unsigned first_block;
  bool first_step;
};
struct Tensors {
  OneTensor at[kMany];
  int count;
};

// The tensor of this block, and the thread's first element in it.
__device__ const OneTensor& tensor_of_block(const Tensors& tensors, std::int64_t& element) {
  int k = tensors.count - 1;
  while (tensors.at[k].first_block > blockIdx.x) --k;
  element = (blockIdx.x - tensors.at[k].first_block) * kElementsOfBlock + threadIdx.x;
  return tensors.at[k];
}

// Numbers in the type that the elements are computed in.
template <class C>
struct Sgd {
  __device__ explicit Sgd(const SgdNumbers& n)
      : lr(static_cast<C>(n.lr)),
        momentum(static_cast<C>(n.momentum)),
        one_minus_dampening(static_cast<C>(n.one_minus_dampening)),
        weight_decay(static_cast<C>(n.weight_decay)) {}
  C lr, momentum, one_minus_dampening, weight_decay;
};
template <class C>
struct Adam {
  __device__ Adam(const AdamNumbers& n, const AdamTensorNumbers& t)
      : beta2(static_cast<C>(n.beta2)),
        one_minus_beta1(static_cast<C>(n.one_minus_beta1)),
        one_minus_beta2(static_cast<C>(n.one_minus_beta2)),
        eps(static_cast<C>(n.eps)),
        weight_decay(static_cast<C>(n.weight_decay)),
        kept(static_cast<C>(n.kept)),
        step_size(static_cast<C>(t.step_size)),
        root(static_cast<C>(t.root)) {}
  C beta2, one_minus_beta1, one_minus_beta2, eps, weight_decay, kept, step_size, root;
};

template <class T, class Low>
__global__ void __launch_bounds__(256)
    sgd(SgdProblem problem, SgdNumbers numbers, __grid_constant__ const Tensors tensors) {
  using C = Compute<T>;
  const Sgd<C> p(problem.replayed ? *problem.replayed : numbers);
  std::int64_t i;
  const OneTensor& t = tensor_of_block(tensors, i);
  auto* param = static_cast<T*>(t.param);
  auto* buffer = static_cast<T*>(t.state[0]);
  auto* low = static_cast<Low*>(t.low_param);
  const std::int64_t end = i - threadIdx.x + kElementsOfBlock;
  for (; i < end && i < t.size; i += kThreads) {
    const C value = widen(param[i]);
    C grad = widen(static_cast<const Low*>(t.grad)[i]);
    if (problem.maximize) grad = -grad;
    grad += p.weight_decay * value;
    if (p.momentum != 0) {
      const C momentum = t.first_step ? grad : p.momentum * widen(buffer[i]) + p.one_minus_dampening * grad;
      buffer[i] = convert<T>(momentum);
      grad = problem.nesterov ? grad + p.momentum * momentum : momentum;
    }
    param[i] = convert<T>(value - p.lr * grad);
    if (low) low[i] = convert<Low>(param[i]);
  }
}

template <class T, class Low>
__global__ void __launch_bounds__(256)
    adam(AdamProblem problem, AdamNumbers numbers, __grid_constant__ const Tensors tensors) {
  using C = Compute<T>;
  std::int64_t i;
  const OneTensor& t = tensor_of_block(tensors, i);
  auto *param = static_cast<T*>(t.param), *average = static_cast<T*>(t.state[0]), *square = static_cast<T*>(t.state[1]),
       *largest = static_cast<T*>(t.state[2]);
  auto* low = static_cast<Low*>(t.low_param);
  const auto* replayed = reinterpret_cast<const AdamTensorNumbers*>(problem.replayed + 1);
  const Adam<C> p = problem.replayed ? Adam<C>(*problem.replayed, replayed[t.place]) : Adam<C>(numbers, t.numbers);
  const std::int64_t end = i - threadIdx.x + kElementsOfBlock;
  for (; i < end && i < t.size; i += kThreads) {
    C value = widen(param[i]), grad = widen(static_cast<const Low*>(t.grad)[i]);
    if (problem.maximize) grad = -grad;
    if (problem.decoupled)
      value *= p.kept;
    else
      grad += p.weight_decay * value;
    const C before = widen(average[i]), m = before + (grad - before) * p.one_minus_beta1;
    C v = widen(square[i]) * p.beta2 + p.one_minus_beta2 * grad * grad;
    average[i] = convert<T>(m);
    square[i] = convert<T>(v);
    if (problem.amsgrad) {
      const C most = widen(largest[i]);
      v = most != most || most > v ? most : v;
      largest[i] = convert<T>(v);
    }
    param[i] = convert<T>(value - p.step_size * m / (std::sqrt(v) / p.root + p.eps));
    if (low) low[i] = convert<Low>(param[i]);
  }
}

// launch_some(tensors, grid) for groups of at most kMany tensors.
template <class NumbersOf, class Launch>
cudaError_t in_groups(const OptimizerTensor* tensors, std::int64_t count, NumbersOf numbers_of_tensor,
                      Launch launch_some) {
  for (std::int64_t k = 0; k < count;) {
    Tensors group{};
    unsigned blocks = 0;
    for (; k < count && group.count < kMany; ++k) {
      const OptimizerTensor& from = tensors[k];
      if (from.size == 0) continue;
      OneTensor& to = group.at[group.count++];
      to = {.param = from.param,
            .low_param = from.low_param,
            .grad = from.grad,
            .state = {from.state[0], from.state[1], from.state[2]},
            .size = from.size,
            .numbers = numbers_of_tensor(from),
            .place = k,
            .first_block = blocks,
            .first_step = from.first};
      blocks += static_cast<unsigned>((from.size + kElementsOfBlock - 1) / kElementsOfBlock);
    }
    if (group.count == 0) continue;
    if (const cudaError_t error = launch_some(group, dim3(blocks)); error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

// f with the types of parameters (or master weights) and gradients.
template <class F>
void switch_types(DType dtype, DType low, F&& f) {
  if (dtype == low) return switch_floating(dtype, [&]<class T>() { f.template operator()<T, T>(); });
  switch_floating(low, [&]<class Low>() {
    if constexpr (kIs16Bit<Low>) f.template operator()<float, Low>();
  });
}

}  // namespace

cudaError_t sgd_step(const SgdProblem& p, const OptimizerTensor* tensors, std::int64_t count, cudaStream_t stream) {
  cudaError_t error = cudaSuccess;
  switch_types(p.dtype, p.low_dtype, [&]<class T, class Low>() {
    error = in_groups(
        tensors, count, [](const OptimizerTensor&) { return AdamTensorNumbers{}; },
        [&](const Tensors& group, dim3 grid) {
          return launch<sgd<T, Low>>({.grid = grid, .block = dim3(kThreads), .stream = stream}, p, numbers_of(p),
                                     group);
        });
  });
  return error;
}

cudaError_t adam_step(const AdamProblem& p, const OptimizerTensor* tensors, std::int64_t count, cudaStream_t stream) {
  cudaError_t error = cudaSuccess;
  switch_types(p.dtype, p.low_dtype, [&]<class T, class Low>() {
    error = in_groups(
        tensors, count, [&](const OptimizerTensor& from) { return numbers_of(p, from.step); },
        [&](const Tensors& group, dim3 grid) {
          return launch<adam<T, Low>>({.grid = grid, .block = dim3(kThreads), .stream = stream}, p, numbers_of(p),
                                      group);
        });
  });
  return error;
}

}  // namespace cresset::kernels
