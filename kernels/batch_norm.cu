// A block has one channel, or, in channels_last, 32 channels side by side: it reads them twice, first for the
// statistics, then to write. Statistics are merged in a fixed order, without cancellation: B. P. Welford, "Note on a
// method for calculating corrected sums of squares and products", 1962; T. F. Chan et al., 1979.
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

// Which elements a thread has: of channel c, every kStep-th of N * L.
template <bool kLast>
struct Walk {
  static constexpr int kChannels = kLast ? kWarp : 1;
  static constexpr int kStep = kThreads / kChannels;
  std::int64_t C, L;
  __device__ std::int64_t channel() const {
    return static_cast<std::int64_t>(blockIdx.x) * kChannels + static_cast<int>(threadIdx.x) % kChannels;
  }
  static __device__ int first() { return static_cast<int>(threadIdx.x) / kChannels; }
  __device__ std::int64_t at(std::int64_t i, std::int64_t c) const {
    if constexpr (kLast)
      return i * C + c;
    else
      return i / L * C * L + c * L + i % L;
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
  __device__ void add(S x) {
    count += 1;
    const S delta = x - mean;
    mean += delta / count;
    squares += delta * (x - mean);
  }
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

template <class T, bool kLast>
__global__ void __launch_bounds__(256, 2)
    forward(Walk<kLast> walk, std::int64_t count, double eps, bool relu, const T* x, const Compute<T>* weight,
            const Compute<T>* bias, T* y, Compute<T>* mean, Compute<T>* invstd, Compute<T>* variance) {
  using S = Compute<T>;
  const std::int64_t c = walk.channel();
  const bool is_there = c < walk.C;
  Moments<S> mine{0, 0, 0};
  if (is_there)
    for (std::int64_t i = walk.first(); i < count; i += walk.kStep) mine.add(widen(x[walk.at(i, c)]));
  const Moments<S> all = merge_channel<kLast>(mine);
  if (!is_there) return;
  const S biased = all.squares / static_cast<S>(count), inverse = 1 / std::sqrt(biased + static_cast<S>(eps));
  if (walk.first() == 0) {
    mean[c] = all.mean;
    invstd[c] = inverse;
    variance[c] = biased;
  }
  const S scale = weight != nullptr ? weight[c] * inverse : inverse, shift = bias != nullptr ? bias[c] : S(0);
  for (std::int64_t i = walk.first(); i < count; i += walk.kStep) {
    const std::int64_t at = walk.at(i, c);
    const S value = (widen(x[at]) - all.mean) * scale + shift;
    y[at] = convert<T>(relu ? above_zero(value) : value);
  }
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
__global__ void __launch_bounds__(256)
    backward(Walk<kLast> walk, std::int64_t count, bool training, const T* grad_y, const T* y, const T* x,
             const Compute<T>* weight, const Compute<T>* mean, const Compute<T>* invstd, T* grad_x,
             Compute<T>* grad_weight, Compute<T>* grad_bias) {
  using S = Compute<T>;
  const std::int64_t c = walk.channel();
  const bool is_there = c < walk.C;
  const S center = is_there ? mean[c] : S(0), inverse = is_there ? invstd[c] : S(0);
  Sums<S> mine{0, 0};
  if (is_there)
    for (std::int64_t i = walk.first(); i < count; i += walk.kStep) {
      const std::int64_t at = walk.at(i, c);
      const S g = gradient(grad_y, y, at);
      mine.grad += g;
      mine.grad_xhat += g * (widen(x[at]) - center) * inverse;
    }
  const Sums<S> all = merge_channel<kLast>(mine);
  if (!is_there) return;
  if (walk.first() == 0) {
    if (grad_weight != nullptr) grad_weight[c] = all.grad_xhat;
    if (grad_bias != nullptr) grad_bias[c] = all.grad;
  }
  const S scale = weight != nullptr ? weight[c] * inverse : inverse;
  const S of_mean = training ? all.grad / static_cast<S>(count) : S(0);
  const S of_variance = training ? all.grad_xhat / static_cast<S>(count) : S(0);
  for (std::int64_t i = walk.first(); i < count; i += walk.kStep) {
    const std::int64_t at = walk.at(i, c);
    const S xhat = (widen(x[at]) - center) * inverse;
    grad_x[at] = convert<T>((gradient(grad_y, y, at) - of_mean - xhat * of_variance) * scale);
  }
}

template <bool kLast>
LaunchConfig grid_of(const BatchNormProblem& p, cudaStream_t stream) {
  constexpr int kChannels = Walk<kLast>::kChannels;
  return {.grid = dim3(static_cast<unsigned>((p.C + kChannels - 1) / kChannels)),
          .block = dim3(kThreads),
          .stream = stream};
}

// With L = 1 both formats are one, and neighbours in memory are channels.
bool channels_are_neighbours(const BatchNormProblem& p) { return p.format == kChannelsLast || p.L == 1; }

}  // namespace

cudaError_t batch_norm_forward(const BatchNormProblem& p, bool relu, const void* x, const void* weight,
                               const void* bias, void* y, void* mean, void* invstd, void* variance,
                               cudaStream_t stream) {
  if (p.C == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    using S = Compute<T>;
    const auto with_layout = [&]<bool kLast>() {
      error = launch<forward<T, kLast>>(grid_of<kLast>(p, stream), Walk<kLast>{p.C, p.L}, p.N * p.L, p.eps, relu,
                                        static_cast<const T*>(x), static_cast<const S*>(weight),
                                        static_cast<const S*>(bias), static_cast<T*>(y), static_cast<S*>(mean),
                                        static_cast<S*>(invstd), static_cast<S*>(variance));
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

cudaError_t batch_norm_backward(const BatchNormBackward::Problem& p, const void* grad_y, const void* y, const void* x,
                                const void* weight, const void* mean, const void* invstd, void* grad_x,
                                void* grad_weight, void* grad_bias, cudaStream_t stream) {
  if (p.C == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    using S = Compute<T>;
    const auto with_layout = [&]<bool kLast>() {
      error = launch<backward<T, kLast>>(
          grid_of<kLast>(p, stream), Walk<kLast>{p.C, p.L}, p.N * p.L, p.training, static_cast<const T*>(grad_y),
          static_cast<const T*>(y), static_cast<const T*>(x), static_cast<const S*>(weight),
          static_cast<const S*>(mean), static_cast<const S*>(invstd), static_cast<T*>(grad_x),
          static_cast<S*>(grad_weight), static_cast<S*>(grad_bias));
    };
    channels_are_neighbours(p) ? with_layout.template operator()<true>() : with_layout.template operator()<false>();
  });
  return error;
}

}  // namespace cresset::kernels
