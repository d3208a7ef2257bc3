// The op case table: what is known of an op, once, for every check that is made of it.
//
// One list drives the comparison with the double-precision reference, with PyTorch's answers (tests/golden), the checks
// of first and second gradients, of every kernel by name, of errors, and docs/ops.md. See docs/adding_an_op.md.
#pragma once

#include <cresset/ops.h>

#include <string>
#include <vector>

#include "argument.h"
#include "options.h"

namespace cresset::test {

// The arguments of one call, positional.
class Arguments {
 public:
  struct One {
    Tensor tensor;
    std::optional<Scalar> number;
  };
  explicit Arguments(std::vector<One> all) : all_(std::move(all)) {}
  std::size_t size() const { return all_.size(); }
  // An undefined tensor where there is no argument.
  Tensor operator[](std::size_t i) const { return i < all_.size() ? all_[i].tensor : Tensor(); }
  bool is_number(std::size_t i) const { return i < all_.size() && all_[i].number.has_value(); }
  Scalar number(std::size_t i) const { return *all_.at(i).number; }
  std::vector<Tensor> tensors() const {
    std::vector<Tensor> result;
    for (const One& one : all_) result.push_back(one.tensor);
    return result;
  }

 private:
  std::vector<One> all_;
};

using Outputs = std::vector<Tensor>;
using OpCall = Outputs (*)(const Arguments&, const Options&);

struct OpCase {
  std::string name;  // unique in its op
  std::vector<Argument> arguments;
  Options options = {};
  std::vector<DType> dtypes = {kFloat32};  // the case is one for each
  // How many products or terms one element of the output sums; 0: each element is computed by itself, and only its own
  // size counts for the error.
  std::int64_t terms = 0;
  bool exact = false;       // whole numbers all through: outputs and gradients equal the reference's, rounded once
  bool grad = true;         // of the floating arguments that want one
  bool second = true;       // second gradients too, where the op has them
  bool golden = true;       // compared with PyTorch; false for what is too large to store
  bool forced = true;       // run again with each kernel forced; else with the first of our own behind a vendor's
  bool by_cudnn = true;     // where it is forced, cuDNN too: it may compile a kernel for each size, half a second
  bool differences = true;  // gradients are compared with difference quotients too
  double slack = 1;         // multiplies the tolerance
  // A slot whose cuDNN kernel, on a GPU, was seen to round parts of 16-bit sums to the type: what the gradients are
  // allowed then follows. The library's own kernels and the simulator are held to the tolerance above.
  std::string rounded_by_cudnn = {};
};

enum class ErrorType : std::uint8_t { shape, dtype, device, index, value, unsupported };
struct ErrorCase {
  std::string name;
  std::vector<Argument> arguments;
  Options options = {};
  DType dtype = kFloat32;
  ErrorType type = ErrorType::shape;
  std::string message;  // exactly
  bool golden = true;   // PyTorch refuses the same
};

// `once`: a gradient, but none of the gradient; the op says so.
enum class Differentiable : std::uint8_t { twice, once, no };

struct OpCases {
  std::string name;  // as in tests/golden; unique
  OpCall call;
  // The kernels that the op is about, in forward and backward.
  std::vector<std::string> slots;
  Differentiable differentiable = Differentiable::twice;
  double ulps = 2;       // error of one element's own computation, in units of the dtype's epsilon
  double grad_ulps = 4;  // the same of a gradient's
  // The backward reads what the forward rounded to 16 bits, or sums in such parts.
  bool grad_rounded = false;
  // On a device without kernels of its slots the op is made of others, whose kernels run it.
  bool fused = false;
  std::vector<OpCase> cases = {};
  std::vector<ErrorCase> errors = {};
};

inline const std::vector<DType> kFloats{kFloat32, kFloat64, kFloat16, kBFloat16};
inline const std::vector<DType> kNumbers{kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32, kUInt8};
inline const std::vector<DType> kAllTypes{kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32, kUInt8, kBool};

// "conv2d.stride2.float32"
std::string full_name(const OpCases& op, const OpCase& c, DType dtype);

}  // namespace cresset::test
