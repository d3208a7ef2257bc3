#include "support/argument.h"

#include <cresset/creation.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace cresset::test {
namespace {

std::uint32_t hash(std::uint32_t seed, std::uint32_t i) {
  std::uint32_t h = seed * 0x9E3779B1u + i;
  h ^= h >> 16;
  h *= 0x85EBCA6Bu;
  h ^= h >> 13;
  h *= 0xC2B2AE35u;
  return h ^ h >> 16;
}

Shape stored_shape(const Argument& a) {
  Shape shape = a.shape;
  if (a.layout == Layout::expanded) shape[0] = std::min<std::int64_t>(shape[0], 1);
  return shape;
}

}  // namespace

double Formula::at(std::int64_t i) const {
  const auto choices = static_cast<std::uint32_t>((high - low) / step + 1);
  const std::uint32_t h = hash(static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(i));
  return (low + step * static_cast<int>(h % choices)) / divisor;
}

Placement placement(const Argument& a) {
  const int n = a.shape.size();
  const Shape stored = stored_shape(a);
  Placement p{Shape::filled(n, 0), 0, 0};
  std::vector<int> order;  // from the fastest dimension on
  for (int d = n - 1; d >= 0; --d) order.push_back(d);
  if (a.layout == Layout::channels_last) order = {1, 3, 2, 0};
  if (a.layout == Layout::transposed) std::swap(order[0], order[1]);
  std::int64_t stride = a.layout == Layout::sliced ? 2 : 1;
  p.offset = a.layout == Layout::sliced || a.layout == Layout::unaligned ? 1 : 0;
  for (const int d : order) {
    p.strides[d] = stride;
    stride *= std::max<std::int64_t>(stored[d], 1);
    if (a.layout == Layout::sliced && d == n - 1) stride += 3;
  }
  if (a.layout == Layout::expanded) p.strides[0] = 0;
  p.reach = p.offset + 1;
  if (a.shape.numel() > 0)
    for (int d = 0; d < n; ++d) p.reach += (a.shape[d] - 1) * p.strides[d];
  return p;
}

double element(const Argument& a, std::size_t position, std::int64_t i) {
  if (!a.listed.empty()) return a.listed[static_cast<std::size_t>(i)];
  Formula f = a.data;
  if (f.seed == 0) f.seed = static_cast<int>(position) + 1;
  return f.at(i);
}

Tensor from_doubles(const std::vector<double>& values, const Shape& shape, DType dtype) {
  Tensor wide = empty(shape, {.dtype = kFloat64});
  std::copy(values.begin(), values.end(), wide.data_ptr<double>());
  // Through int64 where all values are whole, as tools/golden does: -1 becomes 255 of uint8.
  const bool whole = std::all_of(values.begin(), values.end(), [](double v) { return v == std::trunc(v); });
  return whole && !is_floating_point(dtype) ? wide.to(kInt64).to(dtype) : wide.to(dtype);
}

std::vector<double> to_doubles(const Tensor& tensor) {
  const Tensor wide = tensor.detach().cpu().to(kFloat64).contiguous();
  const double* p = wide.data_ptr<double>();
  return {p, p + wide.numel()};
}

Tensor make_tensor(const Argument& a, std::size_t position, DType of_case, const Device& device) {
  if (!a.is_tensor()) throw std::logic_error("make_tensor: the argument is no tensor");
  const DType dtype = a.dtype_in(of_case);
  const Shape stored = stored_shape(a);
  std::vector<double> values(static_cast<std::size_t>(stored.numel()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = element(a, position, static_cast<std::int64_t>(i));
  const Tensor dense = from_doubles(values, stored, dtype);
  const Placement p = placement(a);
  const Tensor storage = zeros({p.reach}, {.dtype = dtype, .device = device});
  storage.as_strided(stored, p.strides, p.offset).copy_(dense);
  // A tensor of its own, no view: a leaf may want a gradient whatever the layout.
  return storage.as_strided(a.shape, p.strides, p.offset).detach();
}

}  // namespace cresset::test
