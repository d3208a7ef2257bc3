// A block has one channel, or, in channels_last, 32 channels side by side, and a part of their elements. Where there is
// one part, it reads them twice, first for the statistics, then to write. Where there are several, a first kernel
// leaves each part's statistics in the workspace, and every block of the second merges all of them.
//
// Statistics are merged in a fixed order, without cancellation: T. F. Chan et al., "Updating formulae and a pairwise
// algorithm for computing sample variances", 1979. A thread's own few hundred are of what its elements are more than
// its first one (ibid., "shifted data"), which takes no division for each of them; what cancels there, where the first
// is far from the others, is part of one thread's share.
#include <algorithm>
#include <cmath>

#include "batch_norm.cuh"
#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "common/reduce.cuh"
#include "common/shared.cuh"

namespace cresset::kernels {
namespace {

constexpr int kThreads = 256;

// Which elements a thread has: of channel c, every kStep-th of a part of the N * L.
template <bool kLast>
struct Walk {
  static constexpr int kChannels = kLast ? kWarp : 1;
  static constexpr int kStep = kThreads / kChannels, kBatch = 4;
  std::int64_t C, L, count, of_part;
  int parts;
  __device__ std::int64_t channel() const {
    return static_cast<std::int64_t>(blockIdx.x) * kChannels + static_cast<int>(threadIdx.x) % kChannels;
  }
  static __device__ int first() { return static_cast<int>(threadIdx.x) / kChannels; }

  // f(at) with the places of elements [begin, end): four at a time, so that their loads are on their way together, and
  // then one at a time.
  template <class F>
  __device__ void each(std::int64_t begin, std::int64_t end, std::int64_t c, F&& f) const {
    std::int64_t i = begin + first();
    if (i >= end) return;
    if constexpr (kLast) {
      for (; i + (kBatch - 1) * kStep < end; i += kBatch * kStep) {
        const std::int64_t at = i * C + c, step = kStep * C;
        const std::int64_t four[kBatch] = {at, at + step, at + 2 * step, at + 3 * step};
        f(four);
      }
      for (; i < end; i += kStep) {
        const std::int64_t one[1] = {i * C + c};
        f(one);
      }
    } else {
      // Planes of L elements, one for each image: a step is whole planes and a rest, without a division.
      std::int64_t in_plane = i % L, at = i / L * C * L + c * L + in_plane;
      const std::int64_t rest = kStep % L, step = kStep / L * C * L + rest, next_plane = (C - 1) * L;
      const auto advance = [&] {
        const std::int64_t before = at;
        in_plane += rest;
        at += step;
        if (in_plane >= L) {
          in_plane -= L;
          at += next_plane;
        }
        return before;
      };
      for (; i + (kBatch - 1) * kStep < end; i += kBatch * kStep) {
        std::int64_t four[kBatch];
#pragma unroll
        for (int k = 0; k < kBatch; ++k) four[k] = advance();
        f(four);
      }
      for (; i < end; i += kStep) {
        const std::int64_t one[1] = {advance()};
        f(one);
      }
    }
  }
  // Those of the block's part.
  template <class F>
  __device__ void part(std::int64_t c, F&& f) const {
    const std::int64_t begin = static_cast<std::int64_t>(blockIdx.y) * of_part;
    each(begin, begin + of_part < count ? begin + of_part : count, c, f);
  }
};

template <class V>
struct Values {
  V at[kThreads];
};

// The merged value of all threads that have this thread's channel, for all of them.
template <bool kLast, class V>
__device__ V merge_channel(V value) {
  constexpr int kChannels = Walk<kLast>::kChannels;
  auto& values = shared<Values<V>>();
  const int thread = static_cast<int>(threadIdx.x);
  values.at[thread] = value;
  __syncthreads();
  for (int apart = kThreads / 2; apart >= kChannels; apart /= 2) {
    if (thread < apart) values.at[thread].merge(values.at[thread + apart]);
    __syncthreads();
  }
  return values.at[thread % kChannels];
}

template <class S>
struct Moments {
  S count, mean, squares;
  __device__ void merge(const Moments& other) {
    if (other.count == 0) return;
    const S sum = count + other.count, delta = other.mean - mean, share = other.count / sum;
    mean += delta * share;
    squares += other.squares + delta * delta * count * share;
    count = sum;
  }
};
template <class S>
struct Sums {
  S grad, grad_xhat;
  __device__ void merge(const Sums& other) {
    grad += other.grad;
    grad_xhat += other.grad_xhat;
  }
};

// The thread's elements of the block's part.
template <class T, bool kLast>
__device__ Moments<Compute<T>> own_moments(const Walk<kLast>& walk, std::int64_t c, const T* x) {
  using S = Compute<T>;
  S shift = 0, count = 0, sum = 0, squares = 0;
  walk.part(c, [&]<int kCount>(const std::int64_t(&at)[kCount]) {
    S values[kCount];
#pragma unroll
    for (int k = 0; k < kCount; ++k) values[k] = widen(x[at[k]]);
    if (count == 0) shift = values[0];
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      const S more = values[k] - shift;
      sum += more;
      squares += more * more;
    }
    count += kCount;
  });
  if (count == 0) return {0, 0, 0};
  const S mean = sum / count, around_mean = squares - sum * mean;
  return {count, shift + mean, around_mean > 0 ? around_mean : (around_mean <= 0 ? S(0) : around_mean)};
}

// Of all parts of a channel, for all threads that have it: `parts` has them by part and channel, or is null where the
// block has all elements.
template <bool kLast, class V, class Own>
__device__ V merged(const Walk<kLast>& walk, std::int64_t c, const V* parts, V none, Own&& own) {
  V mine = none;
  if (c < walk.C) {
    if (parts == nullptr)
      mine = own();
    else
      for (int part = walk.first(); part < walk.parts; part += walk.kStep)
        mine.merge(parts[static_cast<std::int64_t>(part) * walk.C + c]);
  }
  return merge_channel<kLast>(mine);
}

template <class T, bool kLast>
__global__ void __launch_bounds__(256) moments_of_parts(Walk<kLast> walk, const T* x, Moments<Compute<T>>* parts) {
  const std::int64_t c = walk.channel();
  const Moments<Compute<T>> all = merge_channel<kLast>(c < walk.C ? own_moments(walk, c, x) : Moments<Compute<T>>{});
  if (c < walk.C && walk.first() == 0) parts[static_cast<std::int64_t>(blockIdx.y) * walk.C + c] = all;
}

template <class T, bool kLast>
__global__ void __launch_bounds__(256, 2)
    forward(Walk<kLast> walk, double eps, bool relu, const Moments<Compute<T>>* parts, const T* x,
            const Compute<T>* weight, const Compute<T>* bias, T* y, Compute<T>* mean, Compute<T>* invstd,
            Compute<T>* variance) {
  using S = Compute<T>;
  const std::int64_t c = walk.channel();
  const Moments<S> all = merged(walk, c, parts, Moments<S>{0, 0, 0}, [&] { return own_moments(walk, c, x); });
  if (c >= walk.C) return;
  const S biased = all.squares / static_cast<S>(walk.count), inverse = 1 / std::sqrt(biased + static_cast<S>(eps));
  if (walk.first() == 0 && blockIdx.y == 0) {
    mean[c] = all.mean;
    invstd[c] = inverse;
    variance[c] = biased;
  }
  const S scale = weight != nullptr ? weight[c] * inverse : inverse, shift = bias != nullptr ? bias[c] : S(0);
  walk.part(c, [&]<int kCount>(const std::int64_t(&at)[kCount]) {
    S values[kCount];
#pragma unroll
    for (int k = 0; k < kCount; ++k) values[k] = widen(x[at[k]]);
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      const S value = (values[k] - all.mean) * scale + shift;
      y[at[k]] = convert<T>(relu ? above_zero(value) : value);
    }
  });
}

template <class T>
__global__ void __launch_bounds__(256)
    inference(std::int64_t n, std::int64_t C, std::int64_t inner, bool relu, const T* x, const Compute<T>* weight,
              const Compute<T>* bias, const Compute<T>* mean, const Compute<T>* invstd, T* y) {
  using S = Compute<T>;
  const std::int64_t i = element_index();
  if (i >= n) return;
  const std::int64_t c = i / inner % C;
  const S scale = weight != nullptr ? weight[c] * invstd[c] : invstd[c], shift = bias != nullptr ? bias[c] : S(0);
  const S value = (widen(x[i]) - mean[c]) * scale + shift;
  y[i] = convert<T>(relu ? above_zero(value) : value);
}

// The gradient of the normalised values: of what lies behind a relu where there is a y, its result.
template <class T>
__device__ Compute<T> gradient(const T* grad_y, const T* y, std::int64_t at) {
  return y != nullptr && widen(y[at]) <= 0 ? Compute<T>(0) : static_cast<Compute<T>>(widen(grad_y[at]));
}

template <class T, bool kLast>
struct GradientSums {
  const T *grad_y, *y, *x;
  const Compute<T>*mean, *invstd;
  __device__ Sums<Compute<T>> own(const Walk<kLast>& walk, std::int64_t c) const {
    using S = Compute<T>;
    const S center = mean[c], inverse = invstd[c];
    Sums<S> mine{0, 0};
    walk.part(c, [&]<int kCount>(const std::int64_t(&at)[kCount]) {
      S grads[kCount], values[kCount];
#pragma unroll
      for (int k = 0; k < kCount; ++k) {
        grads[k] = gradient(grad_y, y, at[k]);
        values[k] = widen(x[at[k]]);
      }
#pragma unroll
      for (int k = 0; k < kCount; ++k) {
        mine.grad += grads[k];
        mine.grad_xhat += grads[k] * (values[k] - center) * inverse;
      }
    });
    return mine;
  }
};

template <class T, bool kLast>
__global__ void __launch_bounds__(256)
    sums_of_parts(Walk<kLast> walk, GradientSums<T, kLast> sums, Sums<Compute<T>>* parts) {
  const std::int64_t c = walk.channel();
  const Sums<Compute<T>> all = merge_channel<kLast>(c < walk.C ? sums.own(walk, c) : Sums<Compute<T>>{});
  if (c < walk.C && walk.first() == 0) parts[static_cast<std::int64_t>(blockIdx.y) * walk.C + c] = all;
}

template <class T, bool kLast>
__global__ void __launch_bounds__(256)
    backward(Walk<kLast> walk, bool training, GradientSums<T, kLast> sums, const Sums<Compute<T>>* parts,
             const Compute<T>* weight, T* grad_x, Compute<T>* grad_weight, Compute<T>* grad_bias) {
  using S = Compute<T>;
  const std::int64_t c = walk.channel();
  const Sums<S> all = merged(walk, c, parts, Sums<S>{0, 0}, [&] { return sums.own(walk, c); });
  if (c >= walk.C) return;
  if (walk.first() == 0 && blockIdx.y == 0) {
    if (grad_weight != nullptr) grad_weight[c] = all.grad_xhat;
    if (grad_bias != nullptr) grad_bias[c] = all.grad;
  }
  const S center = sums.mean[c], inverse = sums.invstd[c];
  const S scale = weight != nullptr ? weight[c] * inverse : inverse, count = static_cast<S>(walk.count);
  const S of_mean = training ? all.grad / count : S(0), of_variance = training ? all.grad_xhat / count : S(0);
  walk.part(c, [&]<int kCount>(const std::int64_t(&at)[kCount]) {
    S grads[kCount], values[kCount];
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      grads[k] = gradient(sums.grad_y, sums.y, at[k]);
      values[k] = widen(sums.x[at[k]]);
    }
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      const S xhat = (values[k] - center) * inverse;
      grad_x[at[k]] = convert<T>((grads[k] - of_mean - xhat * of_variance) * scale);
    }
  });
}

// With L = 1 both formats are one, and neighbours in memory are channels.
bool channels_are_neighbours(const BatchNormProblem& p) { return p.format == kChannelsLast || p.L == 1; }

std::int64_t divided_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

template <bool kLast>
Walk<kLast> walk_of(const BatchNormProblem& p, int parts) {
  const std::int64_t count = p.N * p.L;
  return {p.C, p.L, count, divided_up(count, parts), parts};
}
template <bool kLast>
LaunchConfig grid_of(const Walk<kLast>& walk, cudaStream_t stream) {
  return {.grid = dim3(static_cast<unsigned>(divided_up(walk.C, walk.kChannels)), static_cast<unsigned>(walk.parts)),
          .block = dim3(kThreads),
          .stream = stream};
}

}  // namespace

int batch_norm_parts(const BatchNormProblem& p, int multiprocessors) {
  const bool last = channels_are_neighbours(p);
  const std::int64_t columns = divided_up(p.C, last ? Walk<true>::kChannels : 1),
                     step = last ? Walk<true>::kStep : Walk<false>::kStep;
  // Blocks for all multiprocessors, of 16 elements a thread at least, and no more parts than every block can merge.
  const std::int64_t wanted = columns > 0 ? divided_up(8 * std::int64_t{multiprocessors}, columns) : 1;
  return static_cast<int>(std::clamp<std::int64_t>(std::min(wanted, p.N * p.L / (16 * step)), 1, 256));
}
std::size_t batch_norm_part_bytes(const BatchNormProblem& p) {
  return static_cast<std::size_t>(p.C) * 3 * (p.dtype == kFloat64 ? 8 : 4);
}

cudaError_t batch_norm_forward(const BatchNormProblem& p, bool relu, int parts, void* workspace, const void* x,
                               const void* weight, const void* bias, void* y, void* mean, void* invstd, void* variance,
                               cudaStream_t stream) {
  if (p.C == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    using S = Compute<T>;
    const auto with_layout = [&]<bool kLast>() {
      const Walk<kLast> walk = walk_of<kLast>(p, parts);
      const LaunchConfig config = grid_of(walk, stream);
      auto* const moments = parts > 1 ? static_cast<Moments<S>*>(workspace) : nullptr;
      if (parts > 1) error = launch<moments_of_parts<T, kLast>>(config, walk, static_cast<const T*>(x), moments);
      if (error != cudaSuccess) return;
      error = launch<forward<T, kLast>>(config, walk, p.eps, relu, moments, static_cast<const T*>(x),
                                        static_cast<const S*>(weight), static_cast<const S*>(bias), static_cast<T*>(y),
                                        static_cast<S*>(mean), static_cast<S*>(invstd), static_cast<S*>(variance));
    };
    channels_are_neighbours(p) ? with_layout.template operator()<true>() : with_layout.template operator()<false>();
  });
  return error;
}

cudaError_t batch_norm_inference(const BatchNormProblem& p, bool relu, const void* x, const void* weight,
                                 const void* bias, const void* mean, const void* invstd, void* y, cudaStream_t stream) {
  const std::int64_t n = p.N * p.C * p.L;
  if (n == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    using S = Compute<T>;
    error = launch<inference<T>>(element_grid(n, 1, stream), n, p.C, channels_are_neighbours(p) ? 1 : p.L, relu,
                                 static_cast<const T*>(x), static_cast<const S*>(weight), static_cast<const S*>(bias),
                                 static_cast<const S*>(mean), static_cast<const S*>(invstd), static_cast<T*>(y));
  });
  return error;
}

cudaError_t batch_norm_backward(const BatchNormBackward::Problem& p, int parts, void* workspace, const void* grad_y,
                                const void* y, const void* x, const void* weight, const void* mean, const void* invstd,
                                void* grad_x, void* grad_weight, void* grad_bias, cudaStream_t stream) {
  if (p.C == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    using S = Compute<T>;
    const auto with_layout = [&]<bool kLast>() {
      const Walk<kLast> walk = walk_of<kLast>(p, parts);
      const LaunchConfig config = grid_of(walk, stream);
      const GradientSums<T, kLast> sums{static_cast<const T*>(grad_y), static_cast<const T*>(y),
                                        static_cast<const T*>(x), static_cast<const S*>(mean),
                                        static_cast<const S*>(invstd)};
      auto* const of_parts = parts > 1 ? static_cast<Sums<S>*>(workspace) : nullptr;
      if (parts > 1) error = launch<sums_of_parts<T, kLast>>(config, walk, sums, of_parts);
      if (error != cudaSuccess) return;
      error =
          launch<backward<T, kLast>>(config, walk, p.training, sums, of_parts, static_cast<const S*>(weight),
                                     static_cast<T*>(grad_x), static_cast<S*>(grad_weight), static_cast<S*>(grad_bias));
    };
    channels_are_neighbours(p) ? with_layout.template operator()<true>() : with_layout.template operator()<false>();
  });
  return error;
}

}  // namespace cresset::kernels
