// A module around a function, so that a test is one expression.
#pragma once

#include <cresset/nn/module.h>

#include <vector>

namespace cresset {

class Calls : public nn::ModuleOf<std::vector<Tensor>(const std::vector<Tensor>&)> {
 public:
  CRESSET_MODULE()
  using Function = std::vector<Tensor> (*)(const std::vector<Tensor>&);
  explicit Calls(Function function) : function_(function) {}
  std::vector<Tensor> forward(const std::vector<Tensor>& x) override { return function_(x); }

 private:
  Function function_;
};

}  // namespace cresset
