// Padding, made of views and copies: each mode says which stretches of the input the border repeats.
#include <cresset/ops.h>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "ops/autocast.h"
#include "trace/trace.h"

namespace cresset {

using namespace nn::functional;

namespace {

// One dimension. Negative amounts crop first (zeros only).
Tensor pad_constant(const Tensor& x, int d, std::int64_t before, std::int64_t after, double value) {
  const std::int64_t crop_before = std::max<std::int64_t>(-before, 0), crop_after = std::max<std::int64_t>(-after, 0);
  Tensor inner = crop_before + crop_after > 0 ? x.narrow(d, crop_before, x.size(d) - crop_before - crop_after) : x;
  std::vector<Tensor> parts;
  const auto border = [&](std::int64_t n) {
    Shape shape = inner.shape();
    shape[d] = n;
    parts.push_back(
        full(shape, value, {.dtype = x.dtype(), .device = x.device(), .memory_format = x.suggest_memory_format()}));
  };
  if (before > 0) border(before);
  parts.push_back(inner);
  if (after > 0) border(after);
  return parts.size() == 1 ? inner : cat(parts, d);
}

Tensor pad_from_input(const Tensor& x, int d, std::int64_t before, std::int64_t after, PaddingMode mode) {
  const std::int64_t size = x.size(d);
  std::vector<Tensor> parts;
  // Single slices, as reflection runs backwards.
  const auto one = [&](std::int64_t i) { parts.push_back(x.narrow(d, i, 1)); };
  const auto repeated = [&](std::int64_t i, std::int64_t n) {
    Shape shape = x.shape();
    shape[d] = n;
    if (n > 0) parts.push_back(x.narrow(d, i, 1).expand(shape));
  };
  if (mode == PaddingMode::replicate) {
    repeated(0, before);
    parts.push_back(x);
    repeated(size - 1, after);
  } else if (mode == PaddingMode::circular) {
    if (before > 0) parts.push_back(x.narrow(d, size - before, before));
    parts.push_back(x);
    if (after > 0) parts.push_back(x.narrow(d, 0, after));
  } else {
    for (std::int64_t i = before; i > 0; --i) one(i);
    parts.push_back(x);
    for (std::int64_t i = 1; i <= after; ++i) one(size - 1 - i);
  }
  return parts.size() == 1 ? x : cat(parts, d);
}

}  // namespace

Tensor nn::functional::pad(const Tensor& input, const std::vector<std::int64_t>& amounts, const PadOptions& options) {
  if (trace::active()) [[unlikely]]
    return trace::whole(
        "pad", {input},
        {{"amounts", amounts}, {"mode", Scalar(static_cast<int>(options.mode))}, {"value", Scalar(options.value)}},
        [&] { return pad(input, amounts, options); });
  const autocast::Pause pause;
  const Shape shape = input.shape();
  check<ValueError>(amounts.size() % 2 == 0, "pad: Padding length must be divisible by 2, got {}", amounts.size());
  check<ValueError>(static_cast<int>(amounts.size() / 2) <= shape.size(),
                    "pad: Padding length should be less than or equal to two times the input dimension but got padding "
                    "length {} and input of dimension {}",
                    amounts.size(), shape.size());
  Tensor y = input;
  for (std::size_t i = 0; i < amounts.size() / 2; ++i) {
    const int d = shape.size() - 1 - static_cast<int>(i);
    const std::int64_t before = amounts[2 * i], after = amounts[2 * i + 1], size = shape[d];
    std::int64_t padded;
    check<ValueError>(!__builtin_add_overflow(size, std::max<std::int64_t>(before, 0), &padded) &&
                          !__builtin_add_overflow(padded, std::max<std::int64_t>(after, 0), &padded),
                      "pad: the size {} padded by {} and {} overflows", size, before, after);
    if (options.mode == PaddingMode::zeros) {
      check<ValueError>(before >= -size && after >= -size && size + before + after >= 0,
                        "pad: The input size {}, plus negative padding {} and {}, resulted in a negative output size",
                        size, before, after);
      y = pad_constant(y, d, before, after, options.value);
      continue;
    }
    check<ValueError>(before >= 0 && after >= 0, "pad: only zeros take negative padding, got {} and {}", before, after);
    check<ShapeError>(size > 0 || before + after == 0, "pad: Expected non-zero size for dimension {}, got {}", d,
                      shape);
    check<ValueError>(options.mode != PaddingMode::reflect || (before < size && after < size),
                      "pad: Padding size should be less than the corresponding input dimension, but got: padding ({}, "
                      "{}) at dimension {} of input {}",
                      before, after, d, shape);
    check<ValueError>(options.mode != PaddingMode::circular || (before <= size && after <= size),
                      "pad: Padding value causes wrapping around more than once: ({}, {}) at dimension {} of input {}",
                      before, after, d, shape);
    y = pad_from_input(y, d, before, after, options.mode);
  }
  return y.is_view_of_same_storage(input) ? y.clone() : y;
}

}  // namespace cresset
