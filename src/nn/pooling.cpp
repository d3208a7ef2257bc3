#include <cresset/nn/pooling.h>

#include "core/check.h"
#include "nn/define_module.h"
#include "nn/text.h"

namespace cresset::nn {

CRESSET_DEFINE_MODULE(MaxPool2d)
CRESSET_DEFINE_MODULE(AvgPool2d)
CRESSET_DEFINE_MODULE(AdaptiveAvgPool2d)

MaxPool2d::MaxPool2d(Size2 kernel_size, const MaxPool2dOptions& options)
    : kernel_size_(kernel_size), options_(options) {
  if (!options_.stride) options_.stride = kernel_size;
}

std::string MaxPool2d::extra_repr() const {
  return fmt::format("kernel_size={}, stride={}, padding={}, dilation={}, ceil_mode={}", python_size(kernel_size_),
                     python_size(*options_.stride), python_size(options_.padding), python_size(options_.dilation),
                     python_bool(options_.ceil_mode));
}

AvgPool2d::AvgPool2d(Size2 kernel_size, const AvgPool2dOptions& options)
    : kernel_size_(kernel_size), options_(options) {
  if (!options_.stride) options_.stride = kernel_size;
}

std::string AvgPool2d::extra_repr() const {
  return fmt::format("kernel_size={}, stride={}, padding={}", python_size(kernel_size_), python_size(*options_.stride),
                     python_size(options_.padding));
}

std::string AdaptiveAvgPool2d::extra_repr() const {
  const auto& [h, w, is_one_number] = output_size_;
  if (is_one_number) return fmt::format("output_size={}", *h.size);
  const auto side = [](const auto& s) { return s.size ? fmt::format("{}", *s.size) : std::string("None"); };
  return fmt::format("output_size=({}, {})", side(h), side(w));
}

}  // namespace cresset::nn
