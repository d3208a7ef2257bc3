// What few tensors need: a gradient, hooks, a base that they are a view of.
#pragma once

#include <cresset/autograd.h>
#include <cresset/tensor.h>

#include <memory>
#include <vector>

namespace cresset {

using GradHookList = std::vector<std::pair<std::uint64_t, std::function<Tensor(const Tensor&)>>>;

struct AutogradMeta {
  Tensor grad;
  std::shared_ptr<Tensor> retained_grad;   // of a tensor that is no leaf, after retain_grad()
  std::shared_ptr<GradHookList> hooks;     // of a leaf
  Tensor base;                             // the tensor that this is a view of; itself never a view
  std::uint32_t grad_fn_version = 0;       // views: the version for which grad_fn holds
  bool made_without_grad = false;          // views: made while recording was off
  const char* made_with_others = nullptr;  // views: the op that gave several at once, which may not be written to
};

AutogradMeta& meta_of(detail::TensorImpl& impl);

}  // namespace cresset
