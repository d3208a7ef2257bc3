// What an op case is given: tensors described by dtype, shape, layout and a formula, numbers, or nothing.
#pragma once

#include <cresset/tensor.h>

#include <cstdint>
#include <vector>

namespace cresset::test {

// Element i, row-major, is (low + step * (hash(seed, i) % ((high - low) / step + 1))) / divisor; tools/goldens.py says
// which hash. A seed of 0 stands for the position of the argument, from 1.
struct Formula {
  int seed = 0;
  int low = -4, high = 4, step = 1;
  double divisor = 1;
  double at(std::int64_t i) const;
};

inline constexpr Formula kIntegers{};                                                // -4 … 4: sums are exact
inline constexpr Formula kEighths{.low = -19, .high = 19, .step = 2, .divisor = 8};  // odd eighths, never 0
inline constexpr Formula kPositive{.low = 1, .high = 31, .step = 2, .divisor = 8};   // odd eighths above 0
inline constexpr Formula kFifths{.low = -17, .high = 17, .step = 2, .divisor = 5};   // rounded in every dtype
inline constexpr Formula kTruth{.low = 0, .high = 1};

enum class Layout : std::uint8_t {
  contiguous,
  channels_last,  // 4 dimensions
  sliced,         // every second element of longer rows, from the second on
  unaligned,      // dense, from the second element of its memory on: aligned to the element only
  transposed,     // the last two dimensions swapped
  expanded        // stride 0 in the first dimension
};

struct Argument {
  enum class Kind : std::uint8_t { tensor, number, none };
  Kind kind = Kind::none;
  Shape shape = {};
  Formula data = kIntegers;
  Layout layout = Layout::contiguous;
  std::optional<DType> dtype = {};  // that of the case where not given
  bool grad = true;                 // floating dtypes only
  Scalar value = 0;                 // number
  std::vector<double> listed = {};  // elements instead of a formula

  bool is_tensor() const { return kind == Kind::tensor; }
  DType dtype_in(DType of_case) const { return dtype.value_or(of_case); }
  bool wants_grad(DType of_case) const { return is_tensor() && grad && is_floating_point(dtype_in(of_case)); }
};

struct TensorSettings {
  Formula data = kIntegers;
  Layout layout = Layout::contiguous;
  std::optional<DType> dtype = {};
  bool grad = true;
};
inline Argument t(const Shape& shape, TensorSettings s = {}) {
  return {.kind = Argument::Kind::tensor,
          .shape = shape,
          .data = s.data,
          .layout = s.layout,
          .dtype = s.dtype,
          .grad = s.grad};
}
inline Argument t(const Shape& shape, Formula data, Layout layout = Layout::contiguous) {
  return t(shape, TensorSettings{.data = data, .layout = layout});
}
inline Argument t(const Shape& shape, Layout layout) { return t(shape, TensorSettings{.layout = layout}); }
// These elements, in one dimension.
inline Argument elements(std::vector<double> values, std::optional<DType> dtype = {}) {
  return {.kind = Argument::Kind::tensor,
          .shape = {static_cast<std::int64_t>(values.size())},
          .dtype = dtype,
          .listed = std::move(values)};
}
inline Argument number(Scalar value) { return {.kind = Argument::Kind::number, .value = value}; }
inline Argument none() { return {}; }

struct Placement {
  Shape strides;
  std::int64_t offset, reach;  // elements of the storage
};
Placement placement(const Argument& argument);
// As the argument's, with the formula's elements; position counts from 0.
Tensor make_tensor(const Argument& argument, std::size_t position, DType dtype, const Device& device);
// Value of the stored element i: a dimension of stride 0 counts as one element.
double element(const Argument& argument, std::size_t position, std::int64_t i);

// Tensors of `dtype` from double values in row-major order, and back.
Tensor from_doubles(const std::vector<double>& values, const Shape& shape, DType dtype);
std::vector<double> to_doubles(const Tensor& tensor);

}  // namespace cresset::test
