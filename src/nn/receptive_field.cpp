#include <cresset/creation.h>
#include <cresset/nn/conv.h>
#include <cresset/nn/pooling.h>
#include <cresset/nn/receptive_field.h>

#include <algorithm>
#include <map>
#include <set>

#include "autograd/node.h"
#include "core/check.h"
#include "nn/dry_run.h"

namespace cresset::nn {
namespace {

using functional::Size2;

PixelSpan hull(const PixelSpan& a, const PixelSpan& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

// How the outputs of a layer cover its input along one dimension: output p reads positions source(p, 0),
// source(p, 1), …, each -1 where it is padding.
struct Window {
  std::int64_t outputs, taps, stride, padding, dilation;
  PaddingMode mode = PaddingMode::zeros;

  std::int64_t source(std::int64_t output, std::int64_t tap, std::int64_t in) const {
    std::int64_t at = output * stride - padding + tap * dilation;
    if (at >= 0 && at < in) return at;
    switch (mode) {
      case PaddingMode::zeros: return -1;
      case PaddingMode::reflect: return at < 0 ? -at : 2 * (in - 1) - at;
      case PaddingMode::replicate: return at < 0 ? 0 : in - 1;
      case PaddingMode::circular: return (at % in + in) % in;
    }
    return -1;
  }
};

// Behind windows of different sizes there is no one figure: the largest field in the picture stands for all.
bool varies(const FieldLine& line) { return line.jump == 0 && line.spans.size() > 1; }
std::int64_t largest(const std::vector<PixelSpan>& spans) {
  std::int64_t size = 0;
  for (const PixelSpan& span : spans) size = std::max(size, span.size());
  return size;
}

FieldLine behind(const FieldLine& before, const Window& w) {
  FieldLine line{.size = before.size + (w.taps - 1) * w.dilation * before.jump,
                 .jump = before.jump * w.stride,
                 .start = before.start - w.padding * before.jump};
  const auto in = static_cast<std::int64_t>(before.spans.size());
  for (std::int64_t p = 0; p < w.outputs; ++p) {
    PixelSpan span;
    for (std::int64_t tap = 0; tap < w.taps; ++tap)
      if (const std::int64_t at = w.source(p, tap, in); at >= 0)
        span = hull(span, before.spans[static_cast<std::size_t>(at)]);
    line.spans.push_back(span);
  }
  if (varies(before)) line.size = largest(line.spans);
  return line;
}

FieldLine behind_adaptive(const FieldLine& before, std::int64_t outputs) {
  const auto in = static_cast<std::int64_t>(before.spans.size());
  if (in % outputs == 0) return behind(before, {outputs, in / outputs, in / outputs, 0, 1});
  // Windows of different sizes, from floor(p * in / outputs) to ceil((p + 1) * in / outputs).
  FieldLine line{.jump = 0, .start = before.start};
  for (std::int64_t p = 0; p < outputs; ++p) {
    const std::int64_t first = p * in / outputs, end = ((p + 1) * in + outputs - 1) / outputs;
    PixelSpan span;
    for (std::int64_t at = first; at < end; ++at) span = hull(span, before.spans[static_cast<std::size_t>(at)]);
    line.spans.push_back(span);
  }
  line.size = largest(line.spans);
  return line;
}

// Of one output that depends on all of these.
FieldLine of_all(const FieldLine& before) {
  const auto in = static_cast<std::int64_t>(before.spans.size());
  return behind(before, {1, in, 0, 0, 1});
}

// Of outputs that depend on both; a line of one output goes with every output of the other.
FieldLine joined(const FieldLine& a, const FieldLine& b) {
  if (a.spans.size() < b.spans.size()) return joined(b, a);
  FieldLine line = a;
  line.start = std::min(a.start, b.start);
  line.size = std::max(a.start + a.size, b.start + b.size) - line.start;
  if (a.jump != b.jump && b.spans.size() > 1) line.jump = 0;
  for (std::size_t p = 0; p < line.spans.size(); ++p)
    line.spans[p] = hull(a.spans[p], b.spans[b.spans.size() == 1 ? 0 : p]);
  return line;
}

struct Field {
  FieldLine rows, columns;
};

Field of_input(const Shape& shape) {
  const auto line = [](std::int64_t size) {
    FieldLine pixels;
    for (std::int64_t i = 0; i < size; ++i) pixels.spans.push_back({i, i});
    return pixels;
  };
  return {line(shape[shape.size() - 2]), line(shape[shape.size() - 1])};
}

bool has_pixels(const Tensor& t) { return t.dim() == 3 || t.dim() == 4; }

enum class Reach : std::uint8_t { same_place, everywhere, unknown };

// What a node of the tape that no known module made does with places.
Reach reach_of(std::string_view node) {
  static constexpr std::string_view kSamePlace[] = {"Abs",  "Add",     "Cat",        "Clamp",  "Clone",
                                                    "Copy", "Div",     "Exp",        "Gelu",   "Hardtanh",
                                                    "Log",  "Maximum", "Minimum",    "Mul",    "NativeBatchNorm",
                                                    "Neg",  "Pow",     "Reciprocal", "Relu",   "Rsqrt",
                                                    "Rsub", "Sigmoid", "Sqrt",       "Square", "Sub",
                                                    "Tanh", "ToCopy",  "Where"};
  static constexpr std::string_view kEverywhere[] = {"Addmm", "Bmm",     "Expand", "Mean",      "Mm",
                                                     "Sum",   "Squeeze", "T",      "Unsqueeze", "View"};
  const std::string_view op = node.substr(0, node.find("Backward"));
  const auto is_in = [&](const auto& names) {
    return std::find(std::begin(names), std::end(names), op) != std::end(names);
  };
  if (is_in(kSamePlace)) return Reach::same_place;
  return is_in(kEverywhere) ? Reach::everywhere : Reach::unknown;
}

// Follows the tape from a tensor back to the outputs of modules whose fields are known, so that what stands between
// modules (additions, activations, flattening) counts too.
class Tracer {
 public:
  explicit Tracer(const Tensor& input) : input_(input), input_field_(of_input(input.shape())) {}

  // None where `tensor` does not depend on the input.
  std::optional<Field> field_of(const Tensor& tensor) {
    std::optional<Field> field = field_of(gradient_edge(tensor));
    if (!field) return {};
    if (!has_pixels(tensor)) return Field{of_all(field->rows), of_all(field->columns)};
    const Shape shape = tensor.shape();
    const auto is_size = [](const FieldLine& line, std::int64_t size) {
      return line.spans.size() == 1 || static_cast<std::int64_t>(line.spans.size()) == size;
    };
    check<UnsupportedError>(is_size(field->rows, shape[-2]) && is_size(field->columns, shape[-1]),
                            "receptive_fields: cannot tell which pixels {} depends on", tensor);
    return field;
  }
  void set(const Tensor& tensor, const Field& field) {
    const Edge edge = gradient_edge(tensor);
    fields_[edge.node.get()] = field;
    nodes_.push_back(edge.node);
  }

 private:
  std::optional<Field> field_of(const Edge& edge) {
    if (!edge.node) return edge.leaf.is_same(input_) ? std::optional(input_field_) : std::nullopt;
    Node& node = *edge.node;
    if (const auto known = fields_.find(&node); known != fields_.end()) return known->second;
    std::optional<Field> field;
    for (std::uint32_t i = 0; i < node.inputs; ++i) {
      const std::optional<Field> before = field_of(node.edges[i]);
      if (!before) continue;
      field = field ? Field{joined(field->rows, before->rows), joined(field->columns, before->columns)} : *before;
    }
    if (field) {
      const Reach reach = reach_of(node.name);
      const bool is_one_place = field->rows.spans.size() == 1 && field->columns.spans.size() == 1;
      check<UnsupportedError>(reach != Reach::unknown || is_one_place,
                              "receptive_fields: it is not known which places {} reads; convolutions and poolings must "
                              "be modules (Conv2d, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d)",
                              node.name);
      if (reach == Reach::everywhere) field = Field{of_all(field->rows), of_all(field->columns)};
    }
    fields_[&node] = field;
    nodes_.push_back(edge.node);
    return field;
  }

  Tensor input_;
  Field input_field_;
  std::map<const Node*, std::optional<Field>> fields_;
  std::vector<Ref<Node>> nodes_;  // so that no address is used twice
};

// What lies behind follows from the size of the output.
Size2 padding_in_front(const Conv2d& conv) {
  const functional::Padding2 padding = conv.padding();
  if (padding.mode != functional::Padding2::Mode::same) return padding.size;
  return {conv.dilation().h * (conv.kernel_size().h - 1) / 2, conv.dilation().w * (conv.kernel_size().w - 1) / 2};
}

// The field behind a module that has windows; none for others.
std::optional<Field> behind(const Field& before, ModuleBase& module, const Shape& output) {
  const std::int64_t P = output[-2], Q = output[-1];
  const auto windows = [&](Size2 kernel, Size2 stride, Size2 padding, Size2 dilation, PaddingMode mode) {
    return Field{behind(before.rows, {P, kernel.h, stride.h, padding.h, dilation.h, mode}),
                 behind(before.columns, {Q, kernel.w, stride.w, padding.w, dilation.w, mode})};
  };
  if (const auto* conv = module.as<Conv2d>())
    return windows(conv->kernel_size(), conv->stride(), padding_in_front(*conv), conv->dilation(),
                   conv->padding_mode());
  if (const auto* pool = module.as<MaxPool2d>()) {
    const MaxPool2dOptions& o = pool->options();
    return windows(pool->kernel_size(), *o.stride, o.padding, o.dilation, PaddingMode::zeros);
  }
  if (const auto* pool = module.as<AvgPool2d>()) {
    const AvgPool2dOptions& o = pool->options();
    return windows(pool->kernel_size(), *o.stride, o.padding, 1, PaddingMode::zeros);
  }
  if (module.as<AdaptiveAvgPool2d>()) return Field{behind_adaptive(before.rows, P), behind_adaptive(before.columns, Q)};
  return {};
}

bool has_windows(ModuleBase& module) {
  return module.as<Conv2d>() || module.as<MaxPool2d>() || module.as<AvgPool2d>() || module.as<AdaptiveAvgPool2d>();
}

// The rows or columns of [H, W] where something is not 0.
PixelSpan span_of(const Tensor& touched, std::int64_t other_dim) {
  const Tensor lines = touched.any({other_dim});
  PixelSpan span;
  for (std::int64_t i = 0; i < lines.numel(); ++i)
    if (lines[i].item<bool>()) span = hull(span, {i, i});
  return span;
}

}  // namespace

std::vector<ReceptiveField> receptive_fields(Module& net, const Shape& input) {
  check<ShapeError>(input.size() == 3 || input.size() == 4,
                    "receptive_fields: the input must be [C, H, W] or [N, C, H, W], got {}", input);
  Shape batch = input;
  if (batch.size() == 3) batch.insert(0, 1);
  TensorOptions options = input_options(net);
  options.requires_grad = true;
  const EnableGradGuard grad;
  const EvalGuard eval(net);
  const Tensor pixels = zeros(batch, options);
  Tracer tracer(pixels);
  std::vector<ReceptiveField> found;
  ScopedHooks hooks;
  for (const auto& [name, base] : net.named_modules()) {
    auto* module = base->as<Module>();
    if (!module || !base->children().empty()) continue;
    // Before the call, since the module may change its input.
    auto before = std::make_shared<std::optional<Field>>();
    if (has_windows(*module))
      hooks.add(module->register_forward_pre_hook(
          [&tracer, before](Module&, const Tensor& x) { *before = tracer.field_of(x); }));
    hooks.add(module->register_forward_hook(
        [&tracer, &found, layer = name, before](Module& m, const Tensor&, const Tensor& y) {
          if (*before) tracer.set(y, *behind(**before, m, y.shape()));
          if (const auto field = tracer.field_of(y))
            found.push_back({layer, m.class_name(), y.shape(), field->rows, field->columns});
        }));
  }
  // A copy, since a module may change its input, which a leaf does not allow.
  net(pixels.mul(1));
  return found;
}

PixelRegion region_by_gradient(Module& net, const Tensor& input, Size2 pixel) {
  check<ShapeError>(has_pixels(input), "region_by_gradient: the input must be [C, H, W] or [N, C, H, W], got {}",
                    input);
  const EnableGradGuard grad;
  const EvalGuard eval(net);
  const Tensor pixels = (input.dim() == 3 ? input.unsqueeze(0) : input).detach().clone().requires_grad_();
  Tensor output = net(pixels.mul(1));
  if (has_pixels(output)) output = output.select(-2, pixel.h).select(-1, pixel.w);
  const Tensor gradient = autograd::grad({output.sum()}, {pixels})[0].ne(0);
  const Tensor touched = gradient.any({0, 1});
  return {span_of(touched, 1), span_of(touched, 0)};
}

}  // namespace cresset::nn
