// First and second gradients against central differences, in double.
#pragma once

#include <cresset/tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace cresset::test {

using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

struct GradcheckOptions {
  double step = 1e-6;
  double tolerance = 1e-6;        // relative to the largest difference quotient, and absolute
  bool constant_outputs = false;  // outputs without history count too: their gradients are 0
  std::int64_t elements = 96;     // of each input that are tried, spread evenly
};

// "" where the gradients of the floating outputs of `f`, weighted by odd numbers, agree with difference quotients;
// otherwise what does not. `inputs` are float64 leaves that require grad; they are written to and restored.
std::string gradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

// The same of the gradients themselves, as functions of the inputs and of the weights.
std::string gradgradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

// Weights for output k: odd whole numbers from -3 to 3, as tools/goldens.py has them.
Tensor output_weights(const Tensor& output, std::size_t k);

}  // namespace cresset::test
