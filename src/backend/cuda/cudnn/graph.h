// A graph of operations as cuDNN takes it: tensors with numbers, operations between them.
#pragma once

#include <cresset/dtype.h>
#include <cresset/memory_format.h>

#include <deque>

#include "backend/cuda/cudnn/descriptor.h"

namespace cresset::cuda::backend::cudnn {

// Float32, float16 and bfloat16 alone have a name of cuDNN's here.
bool has_data_type(DType dtype);
cudnnDataType_t data_type(DType dtype);

// Pointers that a plan is run with lie on a multiple of this.
inline constexpr std::int64_t kAlignment = 16;

using Sizes = std::vector<std::int64_t>;
// Of a dense tensor of four dimensions.
Sizes dense_strides(const Sizes& sizes, MemoryFormat format);

class Graph {
 public:
  // `id`: what a pointer is given to it by.
  const Descriptor& tensor(std::int64_t id, cudnnDataType_t type, const Sizes& sizes, const Sizes& strides);
  // One that stays inside an engine, between two operations.
  const Descriptor& inner_tensor(std::int64_t id, const Sizes& sizes, const Sizes& strides);
  // A number in host memory, float32; it has as many dimensions as what it is computed with.
  const Descriptor& number(std::int64_t id, std::size_t dims = 4);
  // Anything else that an operation refers to; the caller sets and finalises it.
  Descriptor& part(cudnnBackendDescriptorType_t type) { return parts_.emplace_back(type); }
  // The next operation, to be finalised by the caller.
  Descriptor& operation(cudnnBackendDescriptorType_t type);
  // y = mode(x), y = mode(x, b): in float32.
  void pointwise(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* b, const Descriptor& y);
  // grad_x = mode(x, grad_y), of one of the modes that end in BWD: in float32.
  void pointwise_backward(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor& grad_y,
                          const Descriptor& grad_x);

  const std::vector<cudnnBackendDescriptor_t>& operations() const { return operations_; }

 private:
  Descriptor& begin_tensor(std::int64_t id, cudnnDataType_t type, const Sizes& sizes, const Sizes& strides,
                           std::int64_t alignment);
  // Of x alone; the caller sets the others and finalises it.
  Descriptor& begin_pointwise(cudnnPointwiseMode_t mode, const Descriptor& x);

  std::deque<Descriptor> parts_;  // addresses stay
  std::vector<cudnnBackendDescriptor_t> operations_;
};

}  // namespace cresset::cuda::backend::cudnn
