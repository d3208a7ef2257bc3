// A module and the ReLU behind it in one pass.
#pragma once

#include <cresset/nn/module.h>

#include <optional>

namespace cresset::nn {

// ReLU{}(module(input)) for a Conv2d, Linear or BatchNorm with a ReLU behind it, where neither has hooks and the input
// lies on a device that fuses them; else nothing, and nothing has been run.
std::optional<Tensor> with_relu(Module& module, Module& next, const Tensor& input);

}  // namespace cresset::nn
