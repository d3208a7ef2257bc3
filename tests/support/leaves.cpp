#include "support/leaves.h"

#include <cresset/creation.h>

namespace cresset::test {
namespace {

// A float64 tensor laid out as the argument says, with the values of `x` moved by up to `moved`, each by another
// amount.
Tensor in_double(const Argument& a, const Tensor& x, double moved, std::size_t position, bool keep_expanded) {
  const Placement p = placement(a);
  const bool small = a.layout == Layout::expanded && a.shape[0] > 0;
  const Tensor source = small ? x.narrow(0, 0, 1) : x;
  const Shape shape = source.shape();
  std::vector<double> values = to_doubles(source);
  const double n = static_cast<double>(values.size()) + 1;
  // Multiples of a step that has no common divisor with the number of elements: all amounts differ.
  for (std::size_t i = 0; moved > 0 && i < values.size(); ++i) {
    const double turn = static_cast<double>(i) * 0.6180339887498949 + 0.17 * static_cast<double>(position);
    values[i] += moved * (0.25 + 0.5 * (turn - static_cast<double>(static_cast<std::int64_t>(turn))) +
                          0.25 * static_cast<double>(i) / n);
  }
  const Tensor storage = zeros({p.reach}, {.dtype = kFloat64, .device = x.device()});
  const Tensor part = storage.as_strided(shape, p.strides, p.offset);
  part.copy_(from_doubles(values, shape, kFloat64));
  return (small && keep_expanded ? part.expand(a.shape) : part).detach();
}

}  // namespace

Leaves make_leaves(const OpCase& c, DType dtype, const Device& device, Purpose purpose) {
  Leaves leaves;
  for (std::size_t i = 0; i < c.arguments.size(); ++i) {
    const Argument& a = c.arguments[i];
    Tensor x;
    if (a.is_tensor()) {
      x = make_tensor(a, i, dtype, device);
      const bool wanted = c.grad && a.wants_grad(dtype);
      if (purpose != Purpose::as_written && x.is_floating_point())
        x = in_double(a, x, purpose == Purpose::differences && wanted ? 0.1 : 0, i, purpose == Purpose::in_double);
      if (wanted) {
        x.requires_grad_();
        leaves.with_grad.push_back(i);
      }
    }
    leaves.tensors.push_back(x);
  }
  return leaves;
}

Arguments arguments_of(const OpCase& c, const std::vector<Tensor>& leaves) {
  std::vector<Arguments::One> all;
  for (std::size_t i = 0; i < c.arguments.size(); ++i) {
    const Argument& a = c.arguments[i];
    if (a.kind == Argument::Kind::number) {
      all.push_back({{}, a.value});
    } else {
      const bool small = a.is_tensor() && leaves[i].shape() != a.shape;
      all.push_back({small ? leaves[i].expand(a.shape) : leaves[i], {}});
    }
  }
  return Arguments(std::move(all));
}

bool unchanged(const OpCase& c, DType dtype, const std::vector<Tensor>& leaves, const Device& device) {
  for (std::size_t i = 0; i < c.arguments.size(); ++i) {
    if (!c.arguments[i].is_tensor()) continue;
    const auto now = to_doubles(leaves[i]), before = to_doubles(make_tensor(c.arguments[i], i, dtype, device));
    for (std::size_t k = 0; k < now.size(); ++k)
      if (now[k] != before[k] && now[k] == now[k]) return false;
  }
  return true;
}

}  // namespace cresset::test
