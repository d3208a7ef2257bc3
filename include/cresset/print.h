// How tensors are printed.
#pragma once

#include <cresset/export.h>

#include <cstdint>
#include <optional>

namespace cresset {

class Shape;
class Tensor;
namespace nn {
struct IncompatibleKeys;
}

// As the arguments of torch.set_printoptions.
// https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html
struct PrintOptions {
  int precision = 4;                  // digits behind the point
  std::int64_t threshold = 1000;      // more elements than this are summarised
  std::int64_t edgeitems = 3;         // of each dimension, at both ends, where summarised
  int linewidth = 80;                 // characters
  std::optional<bool> sci_mode = {};  // whether in scientific notation; default: as the numbers ask
};

// The tensor as `<<` writes it, and a line break, on standard output.
CRESSET_API void print(const Tensor& tensor);
// As Python: `torch.Size([2, 3])`, and `<All keys matched successfully>` where they did.
CRESSET_API void print(const Shape& shape);
CRESSET_API void print(const nn::IncompatibleKeys& keys);

// For the whole process. Throws ValueError where a number is negative.
CRESSET_API void set_printoptions(const PrintOptions& options);
CRESSET_API PrintOptions get_printoptions();

}  // namespace cresset
