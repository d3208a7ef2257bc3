// Normalisation, padding, dropout, losses.
#include <cresset/ops.h>

#include "onnx/rules.h"

namespace cresset::exporting {
namespace {

// A parameter of each channel, shaped so that it meets [N, C, …].
std::string line(Lowering& l, const std::string& x) {
  std::vector<std::int64_t> shape(l.rank(l.input(0)), 1);
  shape[1] = -1;
  return l.reshape(x, shape);
}

// Parameters come in the type of the statistics, which may be wider than the input's.
std::string parameter(Lowering& l, std::size_t i, DType dtype) {
  return l.in(i).dtype == dtype ? l.operand(i) : l.cast(l.operand(i), dtype);
}
std::string parameter(Lowering& l, std::size_t i, Scalar otherwise, DType dtype) {
  return l.has_input(i) ? parameter(l, i, dtype) : l.constant(full({l.in(0).shape[1]}, otherwise, {.dtype = dtype}));
}

// (x - mean) / sqrt(variance + eps) * weight + bias, from statistics that meet x.
std::string normalized(Lowering& l, const std::string& centred, const std::string& variance, DType dtype) {
  const std::string eps = l.number_as("eps", dtype);
  std::string y = l.emit("Div", {centred, l.emit("Sqrt", {l.emit("Add", {variance, eps})})});
  if (l.has_input(3)) y = l.emit("Mul", {y, line(l, parameter(l, 3, dtype))});
  if (l.has_input(4)) y = l.emit("Add", {y, line(l, parameter(l, 4, dtype))});
  return l.in(0).dtype == dtype ? y : l.cast(y, l.in(0).dtype);
}

// How many elements a channel has, as a tensor of one element.
std::string elements_of_channel(Lowering& l, DType dtype) {
  auto shape = l.recordings().shape(l.input(0));
  Number count = shape[0];
  for (std::size_t d = 2; d < shape.size(); ++d) count = count * shape[d];
  return l.cast(l.list_of({count}), dtype);
}

// What a running statistic (input and output `i`) is after a batch.
void move_statistic(Lowering& l, std::size_t input, std::size_t output, const std::string& of_batch, DType dtype) {
  const double momentum = l.scalar("momentum").to_double();
  const std::string kept = l.emit("Mul", {parameter(l, input, dtype), l.constant(1 - momentum, dtype)});
  const std::string moved = l.emit("Mul", {l.reshape(of_batch, {-1}), l.constant(momentum, dtype)});
  const std::string now = l.emit("Add", {kept, moved});
  l.give(output, l.in(input).dtype == dtype ? now : l.cast(now, l.in(input).dtype));
}

// Statistics of the batch are written out, so that programs without training kernels run them; and what is of float64,
// since eps has 32 bits as an attribute.
void batch_norm(Lowering& l) {
  const DType dtype = l.in(0).dtype;
  std::string x = l.operand(0);
  if (!l.flag("training") && dtype != kFloat64) {
    const std::string scale = parameter(l, 3, 1, dtype), shift = parameter(l, 4, 0, dtype);
    const std::string mean = parameter(l, 1, dtype), variance = parameter(l, 2, dtype);
    return l.give(
        l.emit("BatchNormalization", {x, scale, shift, mean, variance}, {{"epsilon", l.scalar("eps").to_double()}}));
  }
  if (!l.flag("training")) {
    const std::string centred = l.emit("Sub", {x, line(l, parameter(l, 1, dtype))});
    return l.give(normalized(l, centred, line(l, parameter(l, 2, dtype)), dtype));
  }
  std::vector<std::int64_t> over;
  for (std::size_t d = 0; d < l.rank(l.input(0)); ++d)
    if (d != 1) over.push_back(static_cast<std::int64_t>(d));
  const DType wide = dtype == kFloat64 ? kFloat64 : kFloat32;
  if (wide != dtype) x = l.cast(x, wide);
  const std::string mean = reduced(l, "ReduceMean", x, over, true);
  const std::string centred = l.emit("Sub", {x, mean});
  const std::string variance = reduced(l, "ReduceMean", l.emit("Mul", {centred, centred}), over, true);
  l.give(normalized(l, centred, variance, wide));
  std::size_t output = 1;
  if (l.has_input(1) && l.is_used(output++)) move_statistic(l, 1, output - 1, mean, wide);
  if (l.has_input(2) && l.is_used(output)) {
    // The one that is kept is unbiased.
    const std::string n = elements_of_channel(l, wide);
    const std::string factor = l.emit("Div", {n, l.emit("Sub", {n, l.constant(1, wide)})});
    move_statistic(l, 2, output, l.emit("Mul", {variance, factor}), wide);
  }
}

// Amounts are {left, right, top, bottom, …} from the last dimension on.
void pad(Lowering& l) {
  const auto amounts = l.numbers("amounts");
  const std::size_t rank = l.rank(l.input(0));
  std::string x = l.operand(0);
  const auto mode = static_cast<nn::functional::PaddingMode>(l.fixed("mode"));
  if (mode == nn::functional::PaddingMode::circular) {
    for (std::size_t i = 0; i < amounts.size() / 2; ++i) {
      const auto dim = static_cast<std::int64_t>(rank - 1 - i);
      if (!amounts[2 * i].fixed() || !amounts[2 * i + 1].fixed()) l.fail("pad: circular padding must not vary");
      const std::int64_t before = amounts[2 * i].value(), after = amounts[2 * i + 1].value();
      std::vector<std::string> parts{x};
      const auto part = [&](std::int64_t from, std::int64_t to) {
        return l.emit("Slice", {x, l.ints({from}), l.ints(std::vector{to}), l.ints({dim})});
      };
      if (before > 0) parts.insert(parts.begin(), part(-before, INT64_MAX));
      if (after > 0) parts.push_back(part(0, after));
      if (parts.size() > 1) x = l.emit("Concat", parts, {{"axis", dim}});
    }
    return l.give(x);
  }
  std::vector<Number> pads(2 * rank, fixed_number(0, l.recordings().count()));
  for (std::size_t i = 0; i < amounts.size() / 2; ++i) {
    pads[rank - 1 - i] = amounts[2 * i];
    pads[2 * rank - 1 - i] = amounts[2 * i + 1];
  }
  const std::string list = l.list_of(pads);
  if (mode == nn::functional::PaddingMode::zeros)
    return l.give(l.emit("Pad", {x, list, l.number_as("value", l.in(0).dtype)}, {{"mode", std::string("constant")}}));
  l.give(l.emit("Pad", {x, list},
                {{"mode", std::string(mode == nn::functional::PaddingMode::reflect ? "reflect" : "edge")}}));
}

void dropout(Lowering& l) {
  const std::string x = l.operand(0);
  // A ratio of 1 is outside of what ONNX takes.
  if (l.scalar("p").to_double() == 1) return l.give(l.emit("Mul", {x, l.constant(0, l.in(0).dtype)}));
  l.give(l.emit("Dropout", {x, l.number_as("p", kFloat32), l.constant(true, kBool)}));
}

void cross_entropy(Lowering& l) {
  if (l.scalar("label_smoothing").to_double() > 0) l.fail("cross_entropy with label_smoothing has no ONNX form");
  static constexpr const char* kReductions[] = {"none", "mean", "sum"};
  std::string x = float_operand(l, 0), target = l.operand(1);
  const std::string weight = l.has_input(2) ? float_operand(l, 2) : "";
  const bool single = l.rank(l.input(0)) == 1;
  const std::string zero = single ? l.ints(std::vector<std::int64_t>{0}) : "";
  if (single) {
    x = l.emit("Unsqueeze", {x, zero});
    target = l.emit("Unsqueeze", {target, zero});
  }
  if (l.in(1).dtype != kInt64) target = l.cast(target, kInt64);
  const auto reduction = static_cast<Reduction>(l.fixed("reduction"));
  const char* word = reduction == Reduction::none   ? kReductions[0]
                     : reduction == Reduction::mean ? kReductions[1]
                                                    : kReductions[2];
  const std::string loss = l.emit("SoftmaxCrossEntropyLoss", {x, target, weight},
                                  {{"ignore_index", l.fixed("ignore_index")}, {"reduction", std::string(word)}});
  give_float(l, single && reduction == Reduction::none ? l.emit("Squeeze", {loss, zero}) : loss);
}

}  // namespace

void add_network_rules(Rules& rules) {
  rules.insert({{"batch_norm", batch_norm}, {"pad", pad}, {"dropout", dropout}, {"cross_entropy", cross_entropy}});
}

}  // namespace cresset::exporting
