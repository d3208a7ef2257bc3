// Elements of a tensor on the CPU, as float64.
#pragma once

#include <cresset/tensor.h>

#include <array>
#include <cstdint>

namespace cresset::program::bench {

// Up to four dimensions of a floating dtype; dimensions that the tensor lacks are counted as 0.
class HostView {
 public:
  explicit HostView(const Tensor& tensor) : tensor_(tensor), data_(tensor_.data_ptr()), dtype_(tensor.dtype()) {
    for (int i = 0; i < tensor.dim(); ++i) strides_[static_cast<std::size_t>(i)] = tensor.stride(i);
  }
  double at(std::int64_t a, std::int64_t b, std::int64_t c = 0, std::int64_t d = 0) const {
    const std::int64_t i = a * strides_[0] + b * strides_[1] + c * strides_[2] + d * strides_[3];
    switch (dtype_) {
      case DType::float32: return static_cast<const float*>(data_)[i];
      case DType::float64: return static_cast<const double*>(data_)[i];
      case DType::float16: return static_cast<const Half*>(data_)[i];
      default: return static_cast<const BFloat16*>(data_)[i];
    }
  }
  double at(const std::array<std::int64_t, 4>& i) const { return at(i[0], i[1], i[2], i[3]); }

 private:
  Tensor tensor_;  // keeps the memory
  const void* data_;
  DType dtype_;
  std::array<std::int64_t, 4> strides_{};
};

}  // namespace cresset::program::bench
