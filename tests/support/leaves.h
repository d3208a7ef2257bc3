// The tensors of a case, made for one call.
#pragma once

#include "support/op_case.h"

namespace cresset::test {

enum class Purpose : std::uint8_t {
  as_written,
  in_double,  // floating tensors converted to float64, layouts kept
  // As in_double, and moved off ties and kinks: each element by another small amount. Leaves of stride 0 are made
  // small, and expanded in the call, so that each element of a leaf can be moved by itself.
  differences
};

struct Leaves {
  std::vector<Tensor> tensors;         // one for each argument, undefined where it is no tensor
  std::vector<std::size_t> with_grad;  // the arguments whose gradient is wanted
};
Leaves make_leaves(const OpCase& c, DType dtype, const Device& device, Purpose purpose);
// The arguments of a call from leaves, in the order of the case.
Arguments arguments_of(const OpCase& c, const std::vector<Tensor>& leaves);
// Whether all tensors still hold what the case gives them.
bool unchanged(const OpCase& c, DType dtype, const std::vector<Tensor>& leaves, const Device& device);

}  // namespace cresset::test
