// Pooling.
#include <cresset/ops.h>
#include <fmt/format.h>

#include <algorithm>

#include "onnx/rules.h"

namespace cresset::exporting {
namespace {

struct Window {
  std::vector<std::int64_t> kernel, stride, padding, dilation;
  // How far the last window reaches behind the padding, by ceil_mode; empty where that depends on a dynamic axis.
  std::vector<std::int64_t> beyond;
  bool ceil_mode;

  std::vector<std::int64_t> pads(bool with_beyond) const {
    std::vector<std::int64_t> all{padding[0], padding[1], padding[0], padding[1]};
    for (std::size_t i = 0; with_beyond && i < beyond.size(); ++i) all[2 + i] += beyond[i];
    return all;
  }
};

Window window_of(Lowering& l) {
  Window w{l.fixed_list("kernel"), l.fixed_list("stride"), l.fixed_list("padding"), {1, 1}, {0, 0},
           l.flag("ceil_mode")};
  if (l.has("dilation")) w.dilation = l.fixed_list("dilation");
  if (!w.ceil_mode) return w;
  for (std::size_t i = 0; i < 2; ++i) {
    const Number in = l.recordings().size(l.input(0), static_cast<int>(2 + i)),
                 out = l.recordings().size(l.output(), static_cast<int>(2 + i));
    if (!in.fixed()) {
      w.beyond.clear();
      return w;
    }
    const std::int64_t reach = (out.value() - 1) * w.stride[i] + w.dilation[i] * (w.kernel[i] - 1) + 1;
    w.beyond[i] = std::max<std::int64_t>(0, reach - in.value() - 2 * w.padding[i]);
  }
  return w;
}

OnnxAttributes attributes_of(const Window& w, std::vector<std::int64_t> pads) {
  OnnxAttributes attributes{{"kernel_shape", w.kernel}, {"pads", std::move(pads)}, {"strides", w.stride}};
  if (w.beyond.empty()) attributes.emplace_back("ceil_mode", std::int64_t{1});
  return attributes;
}

// ONNX counts indices through the whole tensor, PyTorch within a plane.
void max_pool2d(Lowering& l) {
  const DType dtype = l.in(0).dtype;
  if (!is_floating_point(dtype) && dtype != kUInt8)
    l.fail(fmt::format("max_pool2d of {} has no ONNX form", name(dtype)));
  const Window w = window_of(l);
  const std::string x = float_operand(l, 0);
  OnnxAttributes attributes = attributes_of(w, w.pads(true));
  attributes.emplace_back("dilations", w.dilation);
  const bool indices = l.node().outputs.size() > 1 && l.is_used(1);
  const auto made = l.emit_many("MaxPool", indices ? 2 : 1, {x}, attributes);
  give_float(l, made[0]);
  if (!indices) return;
  const auto in = l.fixed_shape(l.input(0));
  l.give(1, l.emit("Mod", {made[1], l.constant(in[2] * in[3], kInt64)}));
}

DType computed_in(const Lowering& l) { return l.in(0).dtype == kBFloat16 ? kFloat32 : l.in(0).dtype; }

std::string zero_padded(Lowering& l, const std::string& x, const std::vector<std::int64_t>& pads) {
  return l.emit("Pad", {x, l.ints({0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]}), l.constant(0, computed_in(l))},
                {{"mode", std::string("constant")}});
}

void avg_pool2d(Lowering& l) {
  if (!is_floating_point(l.in(0).dtype)) l.fail("avg_pool2d of integers has no ONNX form");
  const Window w = window_of(l);
  const bool count_padding = l.flag("count_include_pad"), padded = w.padding[0] + w.padding[1] > 0;
  const bool reaches = w.beyond.empty() || w.beyond[0] + w.beyond[1] > 0;
  const std::string x = float_operand(l, 0);
  if (const std::int64_t divisor = l.fixed("divisor"); divisor != 0) {
    if (w.beyond.empty()) l.fail("avg_pool2d with ceil_mode and divisor_override cannot have a dynamic axis");
    // The mean of whole windows, times their size, is their sum.
    const std::string whole = padded || reaches ? zero_padded(l, x, w.pads(true)) : x;
    const std::string mean = l.emit("AveragePool", {whole}, {{"kernel_shape", w.kernel}, {"strides", w.stride}});
    const double factor = static_cast<double>(w.kernel[0] * w.kernel[1]) / static_cast<double>(divisor);
    return give_float(l, l.emit("Mul", {mean, l.constant(factor, computed_in(l))}));
  }
  // Padding counts, what ceil_mode adds behind it does not: ONNX has one rule for both.
  if (count_padding && padded && reaches) {
    Window inner = w;
    inner.padding = {0, 0};
    return give_float(
        l, l.emit("AveragePool", {zero_padded(l, x, w.pads(false))}, attributes_of(inner, inner.pads(true))));
  }
  OnnxAttributes attributes = attributes_of(w, w.pads(true));
  attributes.emplace_back("count_include_pad", static_cast<std::int64_t>(count_padding && !reaches));
  give_float(l, l.emit("AveragePool", {x}, attributes));
}

// [out, in]: row i is the mean over the inputs of window i. https://docs.pytorch.org AdaptiveAvgPool2d: from
// floor(i in / out) to ceil((i + 1) in / out).
Tensor means(std::int64_t in, std::int64_t out, DType dtype) {
  Tensor m = zeros({out, in}, {.dtype = kFloat64});
  for (std::int64_t i = 0; i < out; ++i) {
    const std::int64_t first = i * in / out, last = ((i + 1) * in + out - 1) / out;
    m.select(0, i).slice(0, first, last).fill_(1 / static_cast<double>(last - first));
  }
  return m.to(dtype);
}

void adaptive_avg_pool2d(Lowering& l) {
  const auto to = l.numbers("output_size");
  const Number height = l.recordings().size(l.input(0), 2), width = l.recordings().size(l.input(0), 3);
  if (to[0] == height && to[1] == width) return l.give(l.operand(0));
  const std::string x = float_operand(l, 0);
  if (to[0].fixed() && to[0].value() == 1 && to[1].fixed() && to[1].value() == 1)
    return give_float(l, l.emit("GlobalAveragePool", {x}));
  if (!height.fixed() || !width.fixed())
    l.fail("adaptive_avg_pool2d with a dynamic height or width has an ONNX form for an output of 1x1 only");
  const std::int64_t h = height.value(), w = width.value(), p = to[0].value(), q = to[1].value();
  if (p > 0 && q > 0 && h % p == 0 && w % q == 0) {
    const std::vector<std::int64_t> window{h / p, w / q};
    return give_float(l, l.emit("AveragePool", {x}, {{"kernel_shape", window}, {"strides", window}}));
  }
  // Windows of different sizes: two products with matrices of means.
  const DType dtype = computed_in(l);
  const std::string rows = l.emit("MatMul", {l.weight(means(h, p, dtype), "MatMul"), x});
  give_float(l, l.emit("MatMul", {rows, l.weight(means(w, q, dtype).t().contiguous(), "MatMul")}));
}

}  // namespace

void add_pool_rules(Rules& rules) {
  rules.insert({{"max_pool2d", max_pool2d}, {"avg_pool2d", avg_pool2d}, {"adaptive_avg_pool2d", adaptive_avg_pool2d}});
}

}  // namespace cresset::exporting
