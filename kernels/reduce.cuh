// Reductions over any dimensions, with or without the index of an extreme.
#pragma once

#include <cresset/extension/pointwise.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// How one reduction is laid out; follows from the problem alone, so that the order of additions does too.
struct ReducePlan {
  StridedLoop<1> kept, gone;    // the input's dimensions that stay, and those that go
  std::int64_t outputs, count;  // and how many elements they have
  bool by_columns;              // neighbouring threads take neighbouring outputs; otherwise a block takes one output
  std::int64_t parts, part;     // an output's elements are cut in so many parts of so many
};
ReducePlan plan_reduce(const ReduceProblem& problem);

// What a call needs beside its operands: partial results. 0 where there is one part.
std::size_t reduce_workspace(const ReduceProblem& problem, const ReducePlan& plan);

cudaError_t reduce(const ReduceProblem& problem, const ReducePlan& plan, const void* x, void* y, std::int64_t* indices,
                   void* workspace, cudaStream_t stream);

}  // namespace cresset::kernels
