// The tensors that a module owns: parameters, which train, and buffers, which do not.
#pragma once

#include <cresset/tensor.h>

namespace cresset::nn {

// A tensor that `parameters()` lists. A handle: a copy is the same parameter, and `fc_2.weight = fc_1.weight` ties two
// modules. A default-constructed one stands for Python's None and is left out of every list.
class CRESSET_API Parameter : public Tensor {
 public:
  Parameter();
  // Shares the storage of `data`, not its history.
  explicit Parameter(const Tensor& data, bool requires_grad = true);
  Parameter(const Parameter& other);
  Parameter(Parameter&& other) noexcept;
  ~Parameter();
  Parameter& operator=(const Parameter& other) & noexcept {
    Tensor::operator=(static_cast<const Tensor&>(other));
    return *this;
  }
  Parameter& operator=(Parameter&& other) & noexcept {
    Tensor::operator=(static_cast<Tensor&&>(other));
    return *this;
  }

  // `Parameter containing:` and the tensor, as Python prints a parameter; "None" for a default-constructed one.
  std::string str() const;
};

// A tensor that `state_dict()` and `to()` include and that does not train, such as running statistics. A handle like
// Parameter; change its values with copy_ or set_data, which every copy of the module sees.
class CRESSET_API Buffer : public Tensor {
 public:
  Buffer();
  // Shares the storage of `data`. `persistent`: whether state_dict() includes it.
  explicit Buffer(const Tensor& data, bool persistent = true);
  Buffer(const Buffer& other);
  Buffer(Buffer&& other) noexcept;
  ~Buffer();
  Buffer& operator=(const Buffer& other) & noexcept {
    Tensor::operator=(static_cast<const Tensor&>(other));
    persistent_ = other.persistent_;
    return *this;
  }
  Buffer& operator=(Buffer&& other) & noexcept {
    Tensor::operator=(static_cast<Tensor&&>(other));
    persistent_ = other.persistent_;
    return *this;
  }
  bool persistent() const { return persistent_; }

 private:
  bool persistent_ = true;
};

}  // namespace cresset::nn

namespace cresset {
CRESSET_API std::ostream& operator<<(std::ostream& out, const nn::Parameter& parameter);
CRESSET_API void print(const nn::Parameter& parameter);
}  // namespace cresset
