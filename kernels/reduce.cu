#include <algorithm>

#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "common/shared.cuh"
#include "reduce.cuh"

namespace cresset::kernels {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;

// An operation: what it keeps of the elements so far, how an element and how another such state joins, and the result.
// Every state comes from elements in ascending order, so that equal extremes give the first.
template <class W>
struct Sum {
  using State = W;
  __device__ static State none() { return State(0); }
  __device__ static void take(State& s, W x, std::int64_t) { s = joined(s, x); }
  __device__ static void join(State& s, const State& later) { s = joined(s, later); }
  __device__ static W joined(W a, W b) {
    if constexpr (std::is_integral_v<W>)
      return wrap_add(a, b);
    else
      return a + b;
  }
};

template <bool kAll>
struct Logic {
  using State = int;
  __device__ static State none() { return kAll ? 1 : 0; }
  __device__ static void take(State& s, std::int64_t x, std::int64_t) { join(s, x != 0 ? 1 : 0); }
  __device__ static void join(State& s, State later) { s = kAll ? s & later : s | later; }
};

template <class W>
struct Best {
  W value;
  std::int64_t index;  // -1: nothing yet
};
template <class W, bool kLargest>
struct Extreme {
  using State = Best<W>;
  __device__ static State none() { return {W(0), -1}; }
  __device__ static void take(State& s, W x, std::int64_t i) { join(s, {x, i}); }
  // NaN beats all; of equal ones the first stays, whichever comes second here.
  __device__ static void join(State& s, const State& other) {
    if (other.index < 0) return;
    const bool nan = s.value != s.value, other_nan = other.value != other.value;
    const bool better = other_nan ? !nan : !nan && (kLargest ? other.value > s.value : other.value < s.value);
    const bool equal = other_nan ? nan : other.value == s.value;
    if (s.index < 0 || better || (equal && other.index < s.index)) s = other;
  }
};

// What becomes of a state: a number divided by `divisor` where that is not 1, an extreme, an index.
template <class Out>
struct Result {
  Out* y;
  std::int64_t* indices;
  double divisor;

  template <class W>
  __device__ void store(std::int64_t o, W sum) const {
    if constexpr (std::is_integral_v<W>)
      y[o] = convert<Out>(sum);
    else
      y[o] = convert<Out>(divisor == 1 ? sum : sum / static_cast<W>(divisor));
  }
  template <class W>
  __device__ void store(std::int64_t o, const Best<W>& best) const {
    if (y) y[o] = convert<Out>(best.value);
    if (indices) indices[o] = best.index;
  }
};

template <class State>
__device__ State from_lane(const State& s, int lane) {
  return __shfl_sync(0xffffffffu, s, lane);
}
template <class W>
__device__ Best<W> from_lane(const Best<W>& s, int lane) {
  return {__shfl_sync(0xffffffffu, s.value, lane), __shfl_sync(0xffffffffu, s.index, lane)};
}

// The state of all threads of the block, in thread 0.
template <class Op>
__device__ typename Op::State join_block(typename Op::State s) {
  using State = typename Op::State;
  auto& partial = shared<State[kWarps]>();
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  for (int by = 16; by > 0; by /= 2) Op::join(s, from_lane(s, (lane + by) % 32));
  if (lane == 0) partial[warp] = s;
  __syncthreads();
  if (warp == 0) {
    s = lane < kWarps ? partial[lane] : Op::none();
    for (int by = kWarps / 2; by > 0; by /= 2) Op::join(s, from_lane(s, (lane + by) % 32));
  }
  return s;
}

struct Place {
  StridedLoop<1> kept, gone;
  std::int64_t outputs, count, parts, part;
};

template <class T>
__device__ const T* start_of(const Place& p, const T* x, std::int64_t output) {
  std::int64_t at[1];
  locate(p.kept, output, at);
  return x + at[0];
}

// A block an output and part.
template <class Op, class T, class Out>
__global__ void __launch_bounds__(256)
    reduce_rows(Place p, const T* x, Result<Out> result, typename Op::State* partials) {
  const std::int64_t output = blockIdx.x, part = blockIdx.y;
  const T* from = start_of(p, x, output);
  const std::int64_t end = min(p.count, (part + 1) * p.part);
  auto s = Op::none();
  for (std::int64_t i = part * p.part + threadIdx.x; i < end; i += kThreads) {
    std::int64_t at[1];
    locate(p.gone, i, at);
    Op::take(s, convert<Wide<T>>(from[at[0]]), i);
  }
  s = join_block<Op>(s);
  if (threadIdx.x != 0) return;
  if (partials)
    partials[output * p.parts + part] = s;
  else
    result.store(output, s);
}

// A thread an output and part.
template <class Op, class T, class Out>
__global__ void __launch_bounds__(256)
    reduce_columns(Place p, const T* x, Result<Out> result, typename Op::State* partials) {
  const std::int64_t output = element_index(), part = blockIdx.y;
  if (output >= p.outputs) return;
  const T* from = start_of(p, x, output);
  const std::int64_t end = min(p.count, (part + 1) * p.part);
  auto s = Op::none();
  for (std::int64_t i = part * p.part; i < end; ++i) {
    std::int64_t at[1];
    locate(p.gone, i, at);
    Op::take(s, convert<Wide<T>>(from[at[0]]), i);
  }
  if (partials)
    partials[output * p.parts + part] = s;
  else
    result.store(output, s);
}

// The parts of an output, in order.
template <class Op, class Out>
__global__ void __launch_bounds__(256)
    join_parts(std::int64_t outputs, std::int64_t parts, const typename Op::State* partials, Result<Out> result) {
  const std::int64_t output = element_index();
  if (output >= outputs) return;
  auto s = Op::none();
  for (std::int64_t i = 0; i < parts; ++i) Op::join(s, partials[output * parts + i]);
  result.store(output, s);
}

template <class Op, class T, class Out>
cudaError_t launch_as(const ReducePlan& plan, const void* x, const Result<Out>& result, void* workspace,
                      cudaStream_t stream) {
  const Place place{plan.kept, plan.gone, plan.outputs, plan.count, plan.parts, plan.part};
  auto* partials = plan.parts > 1 ? static_cast<typename Op::State*>(workspace) : nullptr;
  const auto* from = static_cast<const T*>(x);
  LaunchConfig grid =
      plan.by_columns
          ? element_grid(plan.outputs, 1, stream)
          : LaunchConfig{.grid = dim3(static_cast<unsigned>(plan.outputs)), .block = dim3(kThreads), .stream = stream};
  grid.grid.y = static_cast<unsigned>(plan.parts);
  const cudaError_t error = plan.by_columns ? launch<reduce_columns<Op, T, Out>>(grid, place, from, result, partials)
                                            : launch<reduce_rows<Op, T, Out>>(grid, place, from, result, partials);
  if (error != cudaSuccess || !partials) return error;
  return launch<join_parts<Op, Out>>(element_grid(plan.outputs, 1, stream), plan.outputs, plan.parts, partials, result);
}

}  // namespace

ReducePlan plan_reduce(const ReduceProblem& p) {
  ReducePlan plan{};
  for (int d = 0; d < p.dims; ++d) {
    StridedLoop<1>& loop = p.reduced[d] ? plan.gone : plan.kept;
    // Dimensions that lie behind one another are one.
    if (loop.dims > 0 && loop.strides[0][loop.dims - 1] == p.strides[d] * p.sizes[d]) {
      loop.sizes[loop.dims - 1] *= p.sizes[d];
      loop.strides[0][loop.dims - 1] = p.strides[d];
    } else if (p.sizes[d] != 1) {
      loop.sizes[loop.dims] = p.sizes[d];
      loop.strides[0][loop.dims++] = p.strides[d];
    }
  }
  plan.outputs = plan.kept.numel();
  plan.count = plan.gone.numel();
  const auto step = [](const StridedLoop<1>& loop) {
    return loop.dims > 0 ? loop.strides[0][loop.dims - 1] : std::int64_t{0};
  };
  // Lines of memory go to the threads of a warp: those of one output where it is dense, otherwise those of many.
  plan.by_columns = plan.count < 32 || (plan.outputs >= 32 && step(plan.kept) == 1 && step(plan.gone) != 1);
  // Enough parts to fill a device, none too small to be worth a second pass.
  const std::int64_t least = plan.by_columns ? 256 : 8192,
                     blocks = plan.by_columns ? (plan.outputs + 255) / 256 : plan.outputs;
  const std::int64_t wanted = std::min(plan.count / least, std::int64_t{1024} / std::max<std::int64_t>(blocks, 1));
  const std::int64_t parts = std::max<std::int64_t>(wanted, 1);
  plan.part = std::max<std::int64_t>((plan.count + parts - 1) / parts, 1);
  plan.parts = std::max<std::int64_t>((plan.count + plan.part - 1) / plan.part, 1);
  return plan;
}

std::size_t reduce_workspace(const ReduceProblem&, const ReducePlan& plan) {
  return plan.parts > 1 ? static_cast<std::size_t>(plan.outputs * plan.parts) * sizeof(Best<std::int64_t>) : 0;
}

cudaError_t reduce(const ReduceProblem& p, const ReducePlan& plan, const void* x, void* y, std::int64_t* indices,
                   void* workspace, cudaStream_t stream) {
  if (plan.outputs == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  const bool largest = p.op == ReduceOp::max || p.op == ReduceOp::argmax;
  switch (p.op) {
    case ReduceOp::sum:
    case ReduceOp::mean: {
      const double divisor = p.op == ReduceOp::mean ? static_cast<double>(plan.count) : 1;
      const auto sum = [&]<class T>() {
        error = launch_as<Sum<Wide<T>>, T>(plan, x, Result<T>{static_cast<T*>(y), nullptr, divisor}, workspace, stream);
      };
      if (is_floating_point(p.dtype))
        switch_floating(p.dtype, sum);
      else
        sum.template operator()<std::int64_t>();
      break;
    }
    case ReduceOp::all:
    case ReduceOp::any: {
      const Result<bool> result{static_cast<bool*>(y), nullptr, 1};
      error = p.op == ReduceOp::all ? launch_as<Logic<true>, bool>(plan, x, result, workspace, stream)
                                    : launch_as<Logic<false>, bool>(plan, x, result, workspace, stream);
      break;
    }
    default:
      switch_dtype(p.dtype, [&]<class T>() {
        const Result<T> result{static_cast<T*>(y), indices, 1};
        error = largest ? launch_as<Extreme<Wide<T>, true>, T>(plan, x, result, workspace, stream)
                        : launch_as<Extreme<Wide<T>, false>, T>(plan, x, result, workspace, stream);
      });
  }
  return error;
}

}  // namespace cresset::kernels
