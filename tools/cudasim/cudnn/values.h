// The elements of a graph's tensors while it runs: dense, in double, in the order of their indices.
#pragma once

#include <map>
#include <vector>

#include "graph.h"

namespace cudasim::cudnn {

class Values {
 public:
  /// Where the tensors lie, by id. Virtual ones lie nowhere.
  explicit Values(std::map<int64_t, void*> pointers) : pointers_(std::move(pointers)) {}

  const std::vector<double>& read(const Tensor& tensor);
  /// Rounds to float, then to the tensor's type, and stores by the tensor's strides.
  void write(const Tensor& tensor, std::vector<double> elements);
  /// alpha * elements + beta * what is there.
  void write(const Tensor& tensor, std::vector<double> elements, double alpha, double beta);

 private:
  std::map<int64_t, void*> pointers_;
  std::map<int64_t, std::vector<double>> elements_;
};

}  // namespace cudasim::cudnn
