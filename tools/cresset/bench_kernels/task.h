// One direction of one problem in one dtype and layout, with all kernels that may compute it.
#pragma once

#include <cresset/extension/kernel.h>
#include <cresset/tensor.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "bench_kernels/problem.h"

namespace cresset::program::bench {

struct Candidate {
  std::string kernel = {};
  std::string refusal = {};   // "" where it takes the problem, if it is forced
  std::function<void()> run;  // gives the work to the device; on the CPU it is done afterwards
  bool chosen = false;        // by dispatch, where nothing is forced
};

// The value that element `at` of the output has, summed in float64 from the operands as they are stored.
using Exact = std::function<double(const std::array<std::int64_t, 4>& at)>;

struct Task {
  std::string direction = {};  // "forward", "grad_input", "grad_weight"
  double flops = 0;            // of the definition, two a multiply-add, whatever the algorithm
  double bytes = 0;            // each operand read once, the output written once
  double terms = 0;            // products in each sum, on average
  Tensor output = {};
  std::vector<Candidate> candidates = {};  // in dispatch's order: the first that takes the problem is its choice
  Exact exact = {};
};

// The operands of a problem's directions, the same numbers in every run.
class Workload {
 public:
  Workload(const Problem& problem, DType dtype, MemoryFormat format, const Device& device);

  // "forward", "grad_input" or "grad_weight"; allocates the output. A task uses the workload's operands.
  Task task(const std::string& direction) const;

  const Problem& problem() const { return problem_; }
  DType dtype() const { return input_.dtype(); }
  MemoryFormat format() const { return format_; }
  const Tensor& input() const { return input_; }
  const Tensor& grad_output() const { return grad_output_; }

 private:
  Task convolution_task(const std::string& direction) const;
  Task linear_task(const std::string& direction) const;

  Problem problem_;
  DType dtype_;
  MemoryFormat format_;
  Device device_;
  Tensor host_input_, host_weight_, host_grad_output_;
  Tensor input_, weight_, grad_output_;
};

}  // namespace cresset::program::bench
