// Comparisons and logic: bool results, no gradients.
#include <cresset/ops.h>

#include <cmath>

#include "core/capture.h"
#include "core/check.h"
#include "ops/pointwise.h"

namespace cresset {
namespace {

Tensor compare(const char* name, BinaryOp op, const Tensor& a, const Tensor& b) {
  const DType dtype = promote_tensors(a, b);
  return run_binary(name, op, as_dtype(a.detach(), dtype), as_dtype(b.detach(), dtype));
}
// A number outside an integer type's range is not wrapped: the tensor is widened first.
Tensor compare(const char* name, BinaryOp op, const Tensor& a, Scalar b) {
  DType dtype = promote_scalar(a, b);
  if (dtype == kInt32 || dtype == kUInt8) {
    const std::int64_t v = b.to_int64();
    if (dtype == kUInt8 ? v < 0 || v > 255 : v < INT32_MIN || v > INT32_MAX) dtype = kInt64;
  }
  return run_binary(name, op, as_dtype(a.detach(), dtype), b);
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) { return compare("eq", BinaryOp::eq, a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return compare("ne", BinaryOp::ne, a, b); }
Tensor lt(const Tensor& a, const Tensor& b) { return compare("lt", BinaryOp::lt, a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return compare("le", BinaryOp::le, a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare("gt", BinaryOp::gt, a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return compare("ge", BinaryOp::ge, a, b); }

Tensor Tensor::eq(const Tensor& other) const { return cresset::eq(*this, other); }
Tensor Tensor::ne(const Tensor& other) const { return cresset::ne(*this, other); }
Tensor Tensor::lt(const Tensor& other) const { return cresset::lt(*this, other); }
Tensor Tensor::le(const Tensor& other) const { return cresset::le(*this, other); }
Tensor Tensor::gt(const Tensor& other) const { return cresset::gt(*this, other); }
Tensor Tensor::ge(const Tensor& other) const { return cresset::ge(*this, other); }
Tensor Tensor::eq(Scalar other) const { return compare("eq", BinaryOp::eq, *this, other); }
Tensor Tensor::ne(Scalar other) const { return compare("ne", BinaryOp::ne, *this, other); }
Tensor Tensor::lt(Scalar other) const { return compare("lt", BinaryOp::lt, *this, other); }
Tensor Tensor::le(Scalar other) const { return compare("le", BinaryOp::le, *this, other); }
Tensor Tensor::gt(Scalar other) const { return compare("gt", BinaryOp::gt, *this, other); }
Tensor Tensor::ge(Scalar other) const { return compare("ge", BinaryOp::ge, *this, other); }

Tensor operator==(const Tensor& a, const Tensor& b) { return eq(a, b); }
Tensor operator!=(const Tensor& a, const Tensor& b) { return ne(a, b); }
Tensor operator<(const Tensor& a, const Tensor& b) { return lt(a, b); }
Tensor operator<=(const Tensor& a, const Tensor& b) { return le(a, b); }
Tensor operator>(const Tensor& a, const Tensor& b) { return gt(a, b); }
Tensor operator>=(const Tensor& a, const Tensor& b) { return ge(a, b); }
Tensor operator==(const Tensor& a, Scalar b) { return a.eq(b); }
Tensor operator!=(const Tensor& a, Scalar b) { return a.ne(b); }
Tensor operator<(const Tensor& a, Scalar b) { return a.lt(b); }
Tensor operator<=(const Tensor& a, Scalar b) { return a.le(b); }
Tensor operator>(const Tensor& a, Scalar b) { return a.gt(b); }
Tensor operator>=(const Tensor& a, Scalar b) { return a.ge(b); }
Tensor operator==(Scalar a, const Tensor& b) { return b.eq(a); }
Tensor operator!=(Scalar a, const Tensor& b) { return b.ne(a); }
Tensor operator<(Scalar a, const Tensor& b) { return b.gt(a); }
Tensor operator<=(Scalar a, const Tensor& b) { return b.ge(a); }
Tensor operator>(Scalar a, const Tensor& b) { return b.lt(a); }
Tensor operator>=(Scalar a, const Tensor& b) { return b.le(a); }

namespace {

void check_bool(const char* op, const Tensor& t) {
  check<DTypeError>(t.dtype() == kBool, "{}: operands must be bool tensors, got {}", op, t);
}

}  // namespace

Tensor operator&(const Tensor& a, const Tensor& b) {
  check_bool("operator&", a);
  check_bool("operator&", b);
  return run_binary("operator&", BinaryOp::logical_and, a, b);
}
Tensor operator|(const Tensor& a, const Tensor& b) {
  check_bool("operator|", a);
  check_bool("operator|", b);
  return run_binary("operator|", BinaryOp::logical_or, a, b);
}

Tensor logical_not(const Tensor& x) { return run_unary(UnaryOp::logical_not, x.detach()); }
Tensor Tensor::logical_not() const { return cresset::logical_not(*this); }
Tensor operator!(const Tensor& x) { return logical_not(x); }

bool equal(const Tensor& a, const Tensor& b) {
  check_same_device("equal", a, b);
  check_not_captured("equal", a.device());
  return a.shape() == b.shape() && eq(a, b).all().item<bool>();
}
bool Tensor::equal(const Tensor& other) const { return cresset::equal(*this, other); }

// |a - b| <= atol + rtol * |b|, or equal. https://docs.pytorch.org/docs/stable/generated/torch.allclose.html
bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  check_same_device("allclose", a, b);
  check_not_captured("allclose", a.device());
  check<DTypeError>(a.dtype() == b.dtype(), "allclose: the tensors must have one type, got {} and {}", a, b);
  const Tensor x = a.detach().to(kFloat64), y = b.detach().to(kFloat64);
  // An infinity is close to nothing but itself.
  Tensor close = (x == y) | ((abs(x - y) <= atol + rtol * abs(y)) & (abs(y) < HUGE_VAL));
  if (equal_nan) close = close | ((x != x) & (y != y));
  return close.all().item<bool>();
}
bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return cresset::allclose(*this, other, rtol, atol, equal_nan);
}

}  // namespace cresset
