// Functions of tensors. What has a method of the same name in tensor.h is documented there and means the same.
#pragma once

#include <cresset/creation.h>
#include <cresset/extension/softmax.h>  // Reduction
#include <cresset/tensor.h>

#include <variant>
#include <vector>

namespace cresset {

// ---- element-wise
CRESSET_API Tensor add(const Tensor& a, const Tensor& b, Scalar alpha = 1);  // a + alpha * b
CRESSET_API Tensor add(const Tensor& a, Scalar b, Scalar alpha = 1);
CRESSET_API Tensor sub(const Tensor& a, const Tensor& b, Scalar alpha = 1);
CRESSET_API Tensor sub(const Tensor& a, Scalar b, Scalar alpha = 1);
CRESSET_API Tensor mul(const Tensor& a, const Tensor& b);
CRESSET_API Tensor mul(const Tensor& a, Scalar b);
CRESSET_API Tensor div(const Tensor& a, const Tensor& b);  // true division
CRESSET_API Tensor div(const Tensor& a, Scalar b);
CRESSET_API Tensor pow(const Tensor& base, const Tensor& exponent);
CRESSET_API Tensor pow(const Tensor& base, Scalar exponent);
CRESSET_API Tensor pow(Scalar base, const Tensor& exponent);
CRESSET_API Tensor maximum(const Tensor& a, const Tensor& b);
CRESSET_API Tensor minimum(const Tensor& a, const Tensor& b);
CRESSET_API Tensor neg(const Tensor& x);
CRESSET_API Tensor abs(const Tensor& x);
CRESSET_API Tensor sign(const Tensor& x);
CRESSET_API Tensor exp(const Tensor& x);
CRESSET_API Tensor log(const Tensor& x);
CRESSET_API Tensor sqrt(const Tensor& x);
CRESSET_API Tensor rsqrt(const Tensor& x);
CRESSET_API Tensor square(const Tensor& x);
CRESSET_API Tensor reciprocal(const Tensor& x);
CRESSET_API Tensor sigmoid(const Tensor& x);
CRESSET_API Tensor tanh(const Tensor& x);
CRESSET_API Tensor relu(const Tensor& x);
CRESSET_API Tensor clamp(const Tensor& x, std::optional<Scalar> min = {}, std::optional<Scalar> max = {});
CRESSET_API Tensor eq(const Tensor& a, const Tensor& b);
CRESSET_API Tensor ne(const Tensor& a, const Tensor& b);
CRESSET_API Tensor lt(const Tensor& a, const Tensor& b);
CRESSET_API Tensor le(const Tensor& a, const Tensor& b);
CRESSET_API Tensor gt(const Tensor& a, const Tensor& b);
CRESSET_API Tensor ge(const Tensor& a, const Tensor& b);
CRESSET_API Tensor logical_not(const Tensor& x);
CRESSET_API Tensor where(const Tensor& condition, const Tensor& a,
                         const Tensor& b);  // condition is bool; all broadcast
CRESSET_API bool equal(const Tensor& a, const Tensor& b);
CRESSET_API bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
                          bool equal_nan = false);

// ---- reductions
CRESSET_API Tensor sum(const Tensor& x);
CRESSET_API Tensor sum(const Tensor& x, const Dims& dims, const ReduceOptions& options = {});
CRESSET_API Tensor mean(const Tensor& x);
CRESSET_API Tensor mean(const Tensor& x, const Dims& dims, const ReduceOptions& options = {});
CRESSET_API Tensor max(const Tensor& x);
CRESSET_API Tensor min(const Tensor& x);
CRESSET_API ValuesIndices max(const Tensor& x, std::int64_t dim, bool keepdim = false);
CRESSET_API ValuesIndices min(const Tensor& x, std::int64_t dim, bool keepdim = false);
CRESSET_API Tensor argmax(const Tensor& x, std::optional<std::int64_t> dim = {}, bool keepdim = false);
CRESSET_API Tensor argmin(const Tensor& x, std::optional<std::int64_t> dim = {}, bool keepdim = false);

// ---- shape
CRESSET_API Tensor reshape(const Tensor& x, const Shape& shape);
CRESSET_API Tensor flatten(const Tensor& x, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
CRESSET_API Tensor cat(const std::vector<Tensor>& tensors,
                       std::int64_t dim = 0);  // types are promoted; a 1-D tensor of size 0 is skipped
CRESSET_API Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim = 0);  // equal shapes
CRESSET_API Shape broadcast_shapes(const Shape& a, const Shape& b);

// ---- products
// As torch.matmul: 1-D operands are vectors, more than 2 dimensions are batches that broadcast.
CRESSET_API Tensor matmul(const Tensor& a, const Tensor& b);

namespace nn::functional {

// One number for both spatial dimensions, or {height, width}.
struct Size2 {
  template <std::integral T>
  constexpr Size2(T both) : h(both), w(both), is_one_number(true) {}
  template <std::integral T, std::integral U>
  constexpr Size2(T height, U width) : h(height), w(width) {}
  std::int64_t h, w;
  bool is_one_number = false;  // printed as it was given: 3 or (3, 3)
  friend bool operator==(const Size2& a, const Size2& b) { return a.h == b.h && a.w == b.w; }
};
// One number, {height, width}, or "same" (output as large as the input; stride 1 only) or "valid" (none).
struct Padding2 {
  enum class Mode : std::uint8_t { numbers, same, valid };
  template <std::integral T>
  constexpr Padding2(T both) : size(both) {}
  template <std::integral T, std::integral U>
  constexpr Padding2(T height, U width) : size(height, width) {}
  constexpr Padding2(Size2 s) : size(s) {}
  CRESSET_API Padding2(const char* mode);  // ValueError for other words
  Size2 size = 0;
  Mode mode = Mode::numbers;
};

struct Conv2dOptions {
  Size2 stride = 1;
  Padding2 padding = 0;
  Size2 dilation = 1;
  std::int64_t groups = 1;
};
// input [N, C, H, W] (or [C, H, W]), weight [K, C/groups, R, S], bias [K] or undefined; output [N, K, P, Q] with
// P = floor((H + 2*padding - dilation*(R-1) - 1) / stride) + 1.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
CRESSET_API Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias = {},
                          const Conv2dOptions& options = {});

enum class PaddingMode : std::uint8_t { zeros, reflect, replicate, circular };
// Pads the last dimensions: `amounts` is {left, right, top, bottom, …}, as torch.nn.functional.pad. zeros pads with
// `value` and takes negative amounts (they crop).
struct PadOptions {
  PaddingMode mode = PaddingMode::zeros;
  double value = 0;
};
CRESSET_API Tensor pad(const Tensor& input, const std::vector<std::int64_t>& amounts, const PadOptions& options = {});

// A Size2 that may be left out; takes {height, width} where a plain std::optional would not.
struct OptionalSize2 : std::optional<Size2> {
  using std::optional<Size2>::optional;
  template <std::integral T, std::integral U>
  constexpr OptionalSize2(T height, U width) : std::optional<Size2>(Size2(height, width)) {}
};
struct MaxPool2dOptions {
  OptionalSize2 stride = {};  // default: the kernel size
  Size2 padding = 0;
  Size2 dilation = 1;
  bool ceil_mode = false;
};
CRESSET_API Tensor max_pool2d(const Tensor& input, Size2 kernel_size, const MaxPool2dOptions& options = {});
// values and indices (h * W + w within the plane).
CRESSET_API ValuesIndices max_pool2d_with_indices(const Tensor& input, Size2 kernel_size,
                                                  const MaxPool2dOptions& options = {});
struct AvgPool2dOptions {
  OptionalSize2 stride = {};
  Size2 padding = 0;
  bool ceil_mode = false;
  bool count_include_pad = true;
  std::optional<std::int64_t> divisor_override = {};
};
CRESSET_API Tensor avg_pool2d(const Tensor& input, Size2 kernel_size, const AvgPool2dOptions& options = {});
// One number for both spatial dimensions, or {height, width}, where None keeps the input's size.
struct AdaptiveSize2 {
  struct Side {
    template <std::integral T>
    constexpr Side(T n) : size(n) {}
    constexpr Side(NoneType) {}
    std::optional<std::int64_t> size;
  };
  template <std::integral T>
  constexpr AdaptiveSize2(T both) : h(both), w(both), is_one_number(true) {}
  constexpr AdaptiveSize2(Side height, Side width) : h(height), w(width) {}
  constexpr AdaptiveSize2(Size2 s) : h(s.h), w(s.w), is_one_number(s.is_one_number) {}
  Side h, w;
  bool is_one_number = false;  // printed as it was given
};
CRESSET_API Tensor adaptive_avg_pool2d(const Tensor& input, AdaptiveSize2 output_size);

// input [*, in], weight [out, in], bias [out] or undefined: input weightᵀ + bias, [*, out].
CRESSET_API Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});

struct BatchNormOptions {
  bool training = false;
  double momentum = 0.1;
  double eps = 1e-5;
};
// input [N, C, …]; running_mean and running_var [C] are updated in place when training (unbiased variance), and may be
// undefined then.
CRESSET_API Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                              const Tensor& weight = {}, const Tensor& bias = {}, const BatchNormOptions& options = {});

struct ReLUOptions {
  bool inplace = false;  // changes its input, and returns it
};
CRESSET_API Tensor relu(const Tensor& input, const ReLUOptions& options = {});
CRESSET_API Tensor sigmoid(const Tensor& input);
CRESSET_API Tensor tanh(const Tensor& input);
enum class GeluApproximate : std::uint8_t { none, tanh };
CRESSET_API Tensor gelu(const Tensor& input, GeluApproximate approximate = GeluApproximate::none);
struct SoftmaxOptions {
  std::optional<DType> dtype = {};  // that the input is converted to first
};
CRESSET_API Tensor softmax(const Tensor& input, std::int64_t dim, const SoftmaxOptions& options = {});
CRESSET_API Tensor log_softmax(const Tensor& input, std::int64_t dim, const SoftmaxOptions& options = {});

struct CrossEntropyOptions {
  Tensor weight = {};
  std::int64_t ignore_index = -100;
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0;
};
// input [N, C, …] or [C]; target class indices (int64, [N, …] or a scalar) or probabilities (the input's shape).
CRESSET_API Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyOptions& options = {});
struct MseLossOptions {
  Reduction reduction = Reduction::mean;
  // Of the input's shape: multiplies each squared difference; the mean is then divided by the sum of weights.
  Tensor weight = {};
};
CRESSET_API Tensor mse_loss(const Tensor& input, const Tensor& target, const MseLossOptions& options = {});

struct DropoutOptions {
  bool training = true;
  bool inplace = false;  // changes its input, and returns it
};
// Zeroes each element with probability p and scales the others by 1 / (1 - p); the input itself where not training.
CRESSET_API Tensor dropout(const Tensor& input, double p = 0.5, const DropoutOptions& options = {});

}  // namespace nn::functional
}  // namespace cresset
