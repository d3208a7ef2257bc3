#include "nn/text.h"

#include <fmt/format.h>

namespace cresset::nn {

std::string torch_size(const Shape& shape) { return "torch.Size(" + shape.str() + ")"; }

std::string python_float(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string python_pair(const functional::Size2& size) { return fmt::format("({}, {})", size.h, size.w); }
std::string python_size(const functional::Size2& size) {
  return size.is_one_number ? fmt::format("{}", size.h) : python_pair(size);
}

}  // namespace cresset::nn
