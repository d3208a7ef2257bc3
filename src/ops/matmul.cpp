// Matrix products.
#include "ops/matmul.h"

#include <cresset/extension/matmul.h>
#include <cresset/extension/registry.h>
#include <cresset/ops.h>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/autocast.h"
#include "ops/fuses.h"
#include "ops/loop.h"
#include "ops/pointwise.h"
#include "ops/view_strides.h"
#include "trace/trace.h"

namespace cresset {
namespace {

// [batch, rows, cols] by strides. A matrix without unit stride is copied.
struct Operand {
  Tensor tensor;
  std::int64_t batch_stride, row, col;
};

Operand operand_of(const Tensor& t) {
  const Shape sizes = t.shape(), strides = t.strides();
  const int n = sizes.size();
  const bool unit = sizes[n - 1] <= 1 || sizes[n - 2] <= 1 || strides[n - 1] == 1 || strides[n - 2] == 1;
  const Tensor dense = unit ? t : t.contiguous();
  const Shape s = dense.strides();
  return {dense, n == 3 ? s[0] : 0, s[n - 2], s[n - 1]};
}

}  // namespace

Tensor matmul_rows(const Tensor& a, const Tensor& b, const Tensor& bias, bool relu) {
  const Operand x = operand_of(a), y = operand_of(b);
  const Shape sa = x.tensor.shape(), sb = y.tensor.shape();
  const bool batched = sa.size() == 3;
  MatmulProblem problem;
  problem.dtype = a.dtype();
  problem.bias = bias.defined();
  problem.batch = batched ? sa[0] : 1;
  problem.M = sa[sa.size() - 2];
  problem.K = sa.back();
  problem.N = sb.back();
  problem.a_batch = x.batch_stride;
  problem.a_row = x.row;
  problem.a_col = x.col;
  problem.b_batch = y.batch_stride;
  problem.b_row = y.row;
  problem.b_col = y.col;
  Tensor c = new_tensor(batched ? Shape{problem.batch, problem.M, problem.N} : Shape{problem.M, problem.N},
                        problem.dtype, a.device());
  const auto run_by = [&]<class Slot>() {
    run<Slot>(a.device(), problem, static_cast<const void*>(raw(x.tensor)), static_cast<const void*>(raw(y.tensor)),
              static_cast<const void*>(bias.defined() ? raw(bias) : nullptr), static_cast<void*>(raw(c)));
  };
  relu ? run_by.template operator()<MatmulRelu>() : run_by.template operator()<Matmul>();
  return c;
}

namespace {

// Both of 2, or both of 3 dimensions with equal batches.
Tensor product(const Tensor& a, const Tensor& b, const char* node) {
  Tensor c = matmul_rows(a, b);
  if (needs_history(a, b)) {
    record(
        c, node,
        [sa = SavedTensor(wants_grad(b) ? a : Tensor()), sb = SavedTensor(wants_grad(a) ? b : Tensor()), node](
            const Tensor& grad, Grads& out) {
          if (out.needs(0)) out[0] = product(grad, sb.get(out).transpose(-2, -1), node);
          if (out.needs(1)) out[1] = product(sa.get(out).transpose(-2, -1), grad, node);
        },
        a, b);
  }
  return c;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_lower_precision(static_cast<Tensor (*)(const Tensor&, const Tensor&)>(matmul), a, b);
  if (trace::active()) [[unlikely]]
    return trace::whole("matmul", {a, b}, {}, [&] { return matmul(a, b); });
  check_same_device("matmul", a, b);
  check<DTypeError>(a.dtype() == b.dtype(), "matmul: expected both operands to have the same dtype, but got {} and {}",
                    a, b);
  check<DTypeError>(a.dtype() != kBool, "matmul: not supported for bool tensors");
  check<ShapeError>(a.dim() > 0 && b.dim() > 0,
                    "matmul: both arguments need to be at least 1D, but they are {}D and {}D", a.dim(), b.dim());
  if (a.dim() == 1) return matmul(a.unsqueeze(0), b).squeeze(b.dim() == 1 ? -1 : -2);
  if (b.dim() == 1) return matmul(a, b.unsqueeze(1)).squeeze(-1);
  const Shape sa = a.shape(), sb = b.shape();
  const std::int64_t M = sa[sa.size() - 2], K = sa.back(), N = sb.back();
  check<ShapeError>(sb[sb.size() - 2] == K, "matmul: mat1 and mat2 shapes cannot be multiplied ({} and {})", a, b);
  if (sa.size() == 2 && sb.size() == 2) return product(a, b, "MmBackward0");
  // Many matrices times one: the rows of all are one matrix.
  if (sb.size() == 2) {
    Shape shape = sa;
    shape[shape.size() - 1] = N;
    std::int64_t rows = 1;
    for (int i = 0; i + 1 < sa.size(); ++i) rows *= sa[i];
    return product(a.reshape({rows, K}), b, "MmBackward0").view(shape);
  }
  const auto batch_of = [](const Shape& s) { return Shape(s.data(), static_cast<std::size_t>(s.size() - 2)); };
  const Shape batch = broadcast_shape("matmul", batch_of(sa), batch_of(sb));
  const auto flat = [&](const Tensor& t, std::int64_t rows, std::int64_t cols) {
    Shape full = batch;
    full.push_back(rows);
    full.push_back(cols);
    return t.expand(full).reshape({batch.numel(), rows, cols});
  };
  Shape shape = batch;
  shape.push_back(M);
  shape.push_back(N);
  return product(flat(a, M, K), flat(b, K, N), "BmmBackward0").view(shape);
}
Tensor Tensor::matmul(const Tensor& other) const { return cresset::matmul(*this, other); }
Tensor Tensor::mm(const Tensor& other) const {
  check<ShapeError>(dim() == 2 && other.dim() == 2, "mm: both operands must be 2-D, got {} and {}", *this, other);
  return cresset::matmul(*this, other);
}

}  // namespace cresset
