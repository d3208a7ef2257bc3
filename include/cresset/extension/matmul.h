// Problem and slot of every matrix product: matmul, linear and their gradients.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>

namespace cresset {

// c[b,m,n] = sum_k a[b,m,k] * b[b,k,n] (+ bias[n]). Operands a and b are strided, strides in elements, so that
// transposes and broadcast batches (stride 0) need no copy; each of them has unit stride along one of its two matrix
// dimensions where that dimension has more than one entry, or any strides at all (a kernel may refuse those). c is
// dense, row-major. Sizes may be 0; with K = 0 c is the bias or zero. 16-bit floats accumulate in float32, integers
// wrap.
struct MatmulProblem {
  DType dtype;
  bool bias;
  std::int64_t batch, M, N, K;
  std::int64_t a_batch, a_row, a_col;  // strides of a along batch, m, k
  std::int64_t b_batch, b_row, b_col;  // strides of b along batch, k, n
  friend bool operator==(const MatmulProblem&, const MatmulProblem&) = default;
};

struct Matmul {
  static constexpr std::string_view name = "matmul";
  using Problem = MatmulProblem;
  using Run = void(const Problem&, const Context&, const void* a, const void* b, const void* bias,
                   void* c);  // bias null without
};

}  // namespace cresset
