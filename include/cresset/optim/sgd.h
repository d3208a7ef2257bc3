// Stochastic gradient descent.
#pragma once

#include <cresset/optim/optimizer.h>

namespace cresset::optim {

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;  // an L2 penalty
  bool nesterov = false;    // needs momentum > 0 and dampening 0
  bool maximize = false;
  // Of parameters in float16 and bfloat16 a float32 copy is kept, which the steps change, and the rest of the state in
  // float32; a parameter is its copy rounded.
  bool master_weights = false;
};
// One group; what is left out has the optimiser's value.
struct SGDGroupOptions {
  std::vector<Tensor> params = {};
  std::optional<double> lr = {}, momentum = {}, dampening = {}, weight_decay = {};
  std::optional<bool> nesterov = {}, maximize = {}, master_weights = {};
};

// The update is PyTorch's: the first momentum buffer is the gradient itself, undampened, and the learning rate applies
// to the buffer. Throws ValueError for options out of range, an empty list, a parameter that is no leaf or is there
// twice.
// https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
class CRESSET_API SGD : public Optimizer {
 public:
  explicit SGD(std::vector<Tensor> params, const SGDOptions& options = {});
  explicit SGD(const std::vector<SGDGroupOptions>& groups, const SGDOptions& options = {});

  void add_param_group(const SGDGroupOptions& group);
  std::vector<ParamGroup<SGDOptions>>& param_groups();
};

}  // namespace cresset::optim
