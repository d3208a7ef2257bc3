// Softmax, logarithm and loss in one pass: probabilities are never written. The running maximum and sum are those of
// M. Milakov, N. Gimelshein, "Online normalizer calculation for softmax", 2018.
#include "common/dtype.cuh"
#include "common/error_word.cuh"
#include "common/launch.cuh"
#include "common/rows.cuh"
#include "cross_entropy.cuh"

namespace cresset::kernels {
namespace {

// The largest of some numbers, and the sum of their exponentials relative to it.
template <class C>
struct Softmax {
  C largest, sum;
  __device__ void add(C x) {
    if (x > largest) {
      sum *= std::exp(largest - x);
      largest = x;
    }
    // Nothing but -infinity so far: no difference is a number yet.
    sum += largest == -C(INFINITY) && x == largest ? C(0) : std::exp(x - largest);
  }
};

template <class C>
struct Targets {
  const std::int64_t* classes;
  std::int64_t C_count, ignore_index;
  C kept, smooth;  // 1 - label_smoothing, label_smoothing / C

  __device__ bool counts(std::int64_t label) const { return label != ignore_index && label >= 0 && label < C_count; }
  __device__ C share(std::int64_t c, std::int64_t label) const { return smooth + (c == label ? kept : C(0)); }
};

template <class T, Group kGroup>
__global__ void __launch_bounds__(128)
    forward(Rows rows, Targets<Compute<T>> targets, TargetReport report, const T* x, const T* weight, T* losses,
            Compute<T>* logsumexp, Compute<T>* row_values) {
  using C = Compute<T>;
  using W = Walk<kGroup>;
  const std::int64_t row = W::row();
  if (row >= rows.count) return;
  const std::int64_t begin = rows.begin(row);
  const C lowest = -C(INFINITY);
  Softmax<C> mine{lowest, 0};
  for (std::int64_t c = W::first(); c < rows.C; c += W::kStep) mine.add(widen(x[begin + c * rows.inner]));
  const C largest = W::template reduce<Largest>(mine.largest, lowest);
  const C scale = mine.largest == largest ? C(1) : std::exp(mine.largest - largest);
  const C log_sum = std::log(W::template reduce<Add>(mine.sum == 0 ? C(0) : mine.sum * scale, C(0)));

  const std::int64_t label = targets.classes[row];
  const bool counts = targets.counts(label);
  C value = 0;
  if (counts && targets.smooth != 0)
    for (std::int64_t c = W::first(); c < rows.C; c += W::kStep) {
      // largest - x + log(sum) and not logsumexp - x, which loses digits where x is large.
      const C part = largest - widen(x[begin + c * rows.inner]) + log_sum;
      value += targets.share(c, label) * (weight != nullptr ? C(widen(weight[c])) : C(1)) * part;
    }
  if (targets.smooth != 0) value = W::template reduce<Add>(value, C(0));
  if (W::first() != 0) return;
  C label_weight = 0;
  if (counts) {
    label_weight = weight != nullptr ? C(widen(weight[label])) : C(1);
    if (targets.smooth == 0)
      value = targets.kept * label_weight * (largest - widen(x[begin + label * rows.inner]) + log_sum);
  } else if (label != targets.ignore_index) {
    report_error(report.word, report.site, label, rows.C, row);
  }
  logsumexp[row] = largest + log_sum;
  if (losses != nullptr) losses[row] = convert<T>(value);
  row_values[row] = value;
  row_values[rows.count + row] = label_weight;
}

// One block adds up all rows, in one order.
constexpr int kSumThreads = 1024;
template <class T>
__global__ void __launch_bounds__(1024)
    add_rows(std::int64_t count, bool mean, const Compute<T>* row_values, T* loss, Compute<T>* total_weight) {
  using C = Compute<T>;
  C value = 0, weight = 0;
  for (std::int64_t i = threadIdx.x; i < count; i += kSumThreads) {
    value += row_values[i];
    weight += row_values[count + i];
  }
  value = block_reduce<kSumThreads, Add>(value, C(0));
  weight = block_reduce<kSumThreads, Add>(weight, C(0));
  if (threadIdx.x != 0) return;
  if (loss != nullptr) *loss = convert<T>(mean ? value / weight : value);
  *total_weight = weight;
}

// 1 block a multiprocessor is asked for: left to itself, ptxas spills doubles to make room for one more.
template <class T, Group kGroup>
__global__ void __launch_bounds__(128, 1)
    backward(Rows rows, Targets<Compute<T>> targets, bool one_grad, const T* grad_loss, const T* x, const T* weight,
             const Compute<T>* logsumexp, const Compute<T>* divisor, T* grad_x) {
  using C = Compute<T>;
  using W = Walk<kGroup>;
  const std::int64_t row = W::row();
  if (row >= rows.count) return;
  const std::int64_t begin = rows.begin(row), label = targets.classes[row];
  const bool counts = targets.counts(label);
  C grad = counts ? widen(grad_loss[one_grad ? 0 : row]) : C(0);
  if (divisor != nullptr) grad /= *divisor;
  const C shift = logsumexp[row];
  C shares = 0, sum = 0;
  for (std::int64_t c = W::first(); c < rows.C; c += W::kStep) {
    shares += targets.share(c, label) * (weight != nullptr ? C(widen(weight[c])) : C(1));
    sum += std::exp(widen(x[begin + c * rows.inner]) - shift);
  }
  shares = W::template reduce<Add>(shares, C(0));
  // The division by the sum, which is nearly 1, takes out the rounding of logsumexp.
  sum = W::template reduce<Add>(sum, C(0));
  for (std::int64_t c = W::first(); c < rows.C; c += W::kStep) {
    const std::int64_t at = begin + c * rows.inner;
    const C share = targets.share(c, label) * (weight != nullptr ? C(widen(weight[c])) : C(1));
    const C softmax = std::exp(widen(x[at]) - shift) / sum;
    grad_x[at] = convert<T>(counts ? grad * (softmax * shares - share) : C(0));
  }
}

template <class C>
Targets<C> targets_of(const CrossEntropyProblem& p, const std::int64_t* classes) {
  return {classes, p.C, p.ignore_index, static_cast<C>(1 - p.label_smoothing),
          static_cast<C>(p.label_smoothing / static_cast<double>(p.C))};
}

}  // namespace

cudaError_t cross_entropy_forward(const CrossEntropyProblem& p, const void* x, const std::int64_t* target,
                                  const void* weight, void* loss, void* logsumexp, void* total_weight, void* rows_space,
                                  TargetReport report, cudaStream_t stream) {
  const Rows rows{p.N * p.inner, p.C, p.inner};
  const bool none = p.reduction == Reduction::none;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    using C = Compute<T>;
    auto* row_values = static_cast<C*>(rows_space);
    if (rows.count > 0)
      with_group(rows, [&]<Group kGroup>(dim3 grid) {
        error = launch<forward<T, kGroup>>({.grid = grid, .block = dim3(kRowThreads), .stream = stream}, rows,
                                           targets_of<C>(p, target), report, static_cast<const T*>(x),
                                           static_cast<const T*>(weight), none ? static_cast<T*>(loss) : nullptr,
                                           static_cast<C*>(logsumexp), row_values);
      });
    if (error != cudaSuccess) return;
    error = launch<add_rows<T>>({.grid = dim3(1), .block = dim3(kSumThreads), .stream = stream}, rows.count,
                                p.reduction == Reduction::mean, row_values, none ? nullptr : static_cast<T*>(loss),
                                static_cast<C*>(total_weight));
  });
  return error;
}

cudaError_t cross_entropy_backward(const CrossEntropyProblem& p, const void* grad_loss, const void* x,
                                   const std::int64_t* target, const void* weight, const void* logsumexp,
                                   const void* total_weight, void* grad_x, cudaStream_t stream) {
  const Rows rows{p.N * p.inner, p.C, p.inner};
  if (rows.count * rows.C == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    using C = Compute<T>;
    with_group(rows, [&]<Group kGroup>(dim3 grid) {
      error = launch<backward<T, kGroup>>(
          {.grid = grid, .block = dim3(kRowThreads), .stream = stream}, rows, targets_of<C>(p, target),
          p.reduction != Reduction::none, static_cast<const T*>(grad_loss), static_cast<const T*>(x),
          static_cast<const T*>(weight), static_cast<const C*>(logsumexp),
          p.reduction == Reduction::mean ? static_cast<const C*>(total_weight) : nullptr, static_cast<T*>(grad_x));
    });
  });
  return error;
}

}  // namespace cresset::kernels
