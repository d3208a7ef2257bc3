// Adam and AdamW.
#pragma once

#include <cresset/optim/optimizer.h>

#include <utility>

namespace cresset::optim {

struct AdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;  // an L2 penalty
  bool amsgrad = false;
  bool maximize = false;
  // Of parameters in float16 and bfloat16 a float32 copy is kept, which the steps change, and the rest of the state in
  // float32; a parameter is its copy rounded.
  bool master_weights = false;
  bool decoupled_weight_decay = false;  // AdamW's weight decay
};
struct AdamWOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;  // decoupled: the parameter shrinks by lr * weight_decay
  bool amsgrad = false;
  bool maximize = false;
  bool master_weights = false;  // as Adam's
};
// One group; what is left out has the optimiser's value.
struct AdamGroupOptions {
  std::vector<Tensor> params = {};
  std::optional<double> lr = {};
  std::optional<std::pair<double, double>> betas = {};
  std::optional<double> eps = {}, weight_decay = {};
  std::optional<bool> amsgrad = {}, maximize = {}, master_weights = {};
};

// Kingma and Ba 2014; amsgrad: Reddi et al. 2018. Throws as SGD does.
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html
class CRESSET_API Adam : public Optimizer {
 public:
  explicit Adam(std::vector<Tensor> params, const AdamOptions& options = {});
  explicit Adam(const std::vector<AdamGroupOptions>& groups, const AdamOptions& options = {});

  void add_param_group(const AdamGroupOptions& group);
  std::vector<ParamGroup<AdamOptions>>& param_groups();

 protected:
  Adam(const char* name, const std::vector<AdamGroupOptions>& groups, const AdamOptions& options);
};

// Adam with decoupled weight decay: Loshchilov and Hutter 2019.
// https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html
class CRESSET_API AdamW : public Adam {
 public:
  explicit AdamW(std::vector<Tensor> params, const AdamWOptions& options = {});
  explicit AdamW(const std::vector<AdamGroupOptions>& groups, const AdamWOptions& options = {});
};

}  // namespace cresset::optim
