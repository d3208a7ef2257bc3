// Functions that make tensors.
#pragma once

#include <cresset/random.h>
#include <cresset/tensor.h>

#include <functional>
#include <initializer_list>
#include <vector>

namespace cresset {

namespace detail {
// Nested lists of numbers, as `tensor({{1, 2}, {3, 4}})` takes them.
class CRESSET_API NestedList {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> NestedList(T value) : scalar_(value), is_scalar_(true) {}
  NestedList(std::initializer_list<NestedList> items) : scalar_(0), items_(items) {}
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_same_v<T, std::vector<typename T::value_type>> NestedList(
      const std::vector<T>& values)
      : scalar_(0) {
    for (auto&& v : values) items_.emplace_back(static_cast<T>(v));
  }

  bool is_scalar() const { return is_scalar_; }
  Scalar scalar() const { return scalar_; }
  const std::vector<NestedList>& items() const { return items_; }

 private:
  Scalar scalar_;
  std::vector<NestedList> items_;
  bool is_scalar_ = false;
};
}  // namespace detail

// From numbers: `tensor(3.5)`, `tensor({1, 2, 3})`, `tensor({{1000, -0.1}})`, or a vector (of vectors). The dtype,
// where not given: bool, int64, or the default floating type as soon as one number is floating. Rows of unequal length
// throw ValueError.
CRESSET_API Tensor tensor(const detail::NestedList& values, const TensorOptions& options = {});

CRESSET_API Tensor empty(const Shape& shape, const TensorOptions& options = {});
CRESSET_API Tensor zeros(const Shape& shape, const TensorOptions& options = {});
CRESSET_API Tensor ones(const Shape& shape, const TensorOptions& options = {});
CRESSET_API Tensor full(const Shape& shape, Scalar value,
                        const TensorOptions& options = {});  // dtype, where not given: that of the value
CRESSET_API Tensor empty_like(const Tensor& like, const TensorOptions& options = {});
CRESSET_API Tensor zeros_like(const Tensor& like, const TensorOptions& options = {});
CRESSET_API Tensor ones_like(const Tensor& like, const TensorOptions& options = {});
CRESSET_API Tensor full_like(const Tensor& like, Scalar value, const TensorOptions& options = {});
CRESSET_API Tensor rand_like(const Tensor& like, const TensorOptions& options = {});
CRESSET_API Tensor randn_like(const Tensor& like, const TensorOptions& options = {});

// start, start + step, … below end. The dtype, where not given: int64 if all three are integers, otherwise the default
// floating type.
CRESSET_API Tensor arange(Scalar end, const TensorOptions& options = {});
CRESSET_API Tensor arange(Scalar start, Scalar end, Scalar step = 1, const TensorOptions& options = {});
CRESSET_API Tensor linspace(Scalar start, Scalar end, std::int64_t steps,
                            const TensorOptions& options = {});  // both ends included
CRESSET_API Tensor eye(std::int64_t n, std::optional<std::int64_t> m = {}, const TensorOptions& options = {});

struct RandomOptions {
  std::optional<Generator> generator = {};
  std::optional<DType> dtype = {};
  std::optional<Device> device = {};
  bool requires_grad = false;
};
CRESSET_API Tensor rand(const Shape& shape, const RandomOptions& options = {});   // uniform in [0, 1)
CRESSET_API Tensor randn(const Shape& shape, const RandomOptions& options = {});  // standard normal
CRESSET_API Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
                           const RandomOptions& options = {});  // [low, high), int64
CRESSET_API Tensor randint(std::int64_t high, const Shape& shape, const RandomOptions& options = {});
CRESSET_API Tensor randperm(std::int64_t n, const RandomOptions& options = {});  // a permutation of 0 … n-1, int64
// 1 with the probability that the tensor holds at each place, otherwise 0.
CRESSET_API Tensor bernoulli(const Tensor& probabilities, const RandomOptions& options = {});

// A tensor on memory that it does not own; `deleter` is called with the pointer when the last tensor on it is gone.
CRESSET_API Tensor from_blob(void* data, const Shape& shape, const TensorOptions& options = {},
                             std::function<void(void*)> deleter = {});
CRESSET_API Tensor from_blob(void* data, const Shape& shape, const Shape& strides, const TensorOptions& options = {},
                             std::function<void(void*)> deleter = {});

CRESSET_API DType get_default_dtype();
CRESSET_API void set_default_dtype(DType dtype);  // floating types only

}  // namespace cresset
