// Values as Python writes them.
#pragma once

#include <cresset/nn/module.h>
#include <cresset/ops.h>

#include <string>

namespace cresset::nn {

std::string torch_size(const Shape& shape);  // torch.Size([2, 3])
std::string python_float(double value);      // 0.1, 1.0, 1e-05
inline const char* python_bool(bool value) { return value ? "True" : "False"; }
std::string python_pair(const functional::Size2& size);  // (2, 3)
std::string python_size(const functional::Size2& size);  // 2 or (2, 2), as it was given

}  // namespace cresset::nn
