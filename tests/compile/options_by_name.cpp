// compiles
// Options are aggregates with fields in PyTorch's order, so designated initialisers work in that order.
#include <cresset/cresset.h>

#include <type_traits>
namespace F = cresset::nn::functional;

static_assert(std::is_aggregate_v<F::Conv2dOptions> && std::is_aggregate_v<F::MaxPool2dOptions>);
static_assert(std::is_aggregate_v<F::AvgPool2dOptions> && std::is_aggregate_v<F::CrossEntropyOptions>);
static_assert(std::is_aggregate_v<cresset::TensorOptions> && std::is_aggregate_v<cresset::ToOptions>);

cresset::Tensor call(const cresset::Tensor& x, const cresset::Tensor& w) {
  cresset::Tensor y = F::conv2d(x, w, {}, {.stride = 2, .padding = {1, 0}, .dilation = 1, .groups = 1});
  y = F::conv2d(x, w, {}, {.padding = "same"});
  y = F::max_pool2d(y, 2, {.stride = 2, .padding = 0, .dilation = 1, .ceil_mode = true});
  return F::cross_entropy(y, x, {.ignore_index = 0, .label_smoothing = 0.1});
}
