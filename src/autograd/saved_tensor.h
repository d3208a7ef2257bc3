// A tensor kept for the backward pass, with a check that nobody changed it since.
#pragma once

#include "autograd/node.h"

namespace cresset {

class SavedTensor {
 public:
  SavedTensor() = default;
  // An input of the op.
  explicit SavedTensor(const Tensor& tensor);
  // An output of the op: kept without its history, so that node and tensor form no cycle.
  static SavedTensor output(const Tensor& tensor, std::uint32_t nr = 0);
  // The tensor as it was; throws ValueError, naming the op, where it has been changed in place since. An output comes
  // back with its history if recording is on.
  Tensor get(const Grads& grads) const { return get(grads.node()); }
  Tensor get(Node& node) const;
  bool defined() const { return tensor_.defined(); }

 private:
  Tensor tensor_;
  std::uint32_t version_ = 0;
  std::uint32_t output_nr_ = 0;
  bool output_ = false;
};

}  // namespace cresset
