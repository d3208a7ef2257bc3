// What the layers of a network make of an input: shapes, parameters, arithmetic.
#pragma once

#include <cresset/nn/module.h>

namespace cresset::nn {

// One call of a module without children.
struct LayerSummary {
  std::string name;        // as named_modules() has it
  std::string class_name;  // without namespaces
  Shape output;
  std::int64_t parameters;  // how many numbers train; 0 in a later call of the same module
  std::int64_t flops;       // of this call: flops_of()
};

// The layers of `net` in the order in which they are called for zeros of shape `input`, batch included, in eval mode
// and without history. What `net` does by functions (nn::functional) is in no module and not listed. Afterwards `net`
// is as it was.
CRESSET_API std::vector<LayerSummary> summarize(Module& net, const Shape& input);

// Floating-point operations of one call that gave `output`: a multiply-add counts as two, and only products of Conv2d
// and Linear count, not their biases, as in torch.utils.flop_counter. 0 for other modules.
CRESSET_API std::int64_t flops_of(const ModuleBase& module, const Shape& output);

}  // namespace cresset::nn
