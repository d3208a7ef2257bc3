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
std::string parameter(Lowering& l, std::size_t i, Scalar otherwise) {
  const DType dtype = l.in(0).dtype;
  if (!l.has_input(i)) return l.constant(full({l.in(0).shape[1]}, otherwise, {.dtype = dtype}));
  const std::string p = l.operand(i);
  return l.in(i).dtype == dtype ? p : l.cast(p, dtype);
}

// With running statistics. With those of the batch it is written out, so that programs without training kernels run it.
void batch_norm(Lowering& l) {
  const std::string x = l.operand(0);
  const double eps = l.scalar("eps").to_double();
  if (!l.flag("training")) {
    const std::string scale = parameter(l, 3, 1), shift = parameter(l, 4, 0);
    const std::string mean = parameter(l, 1, 0), variance = parameter(l, 2, 1);
    return l.give(l.emit("BatchNormalization", {x, scale, shift, mean, variance}, {{"epsilon", eps}}));
  }
  std::vector<std::int64_t> over;
  for (std::size_t d = 0; d < l.rank(l.input(0)); ++d)
    if (d != 1) over.push_back(static_cast<std::int64_t>(d));
  const DType dtype = l.in(0).dtype;
  const std::string centred = l.emit("Sub", {x, reduced(l, "ReduceMean", x, over, true)});
  const std::string variance = reduced(l, "ReduceMean", l.emit("Mul", {centred, centred}), over, true);
  std::string y = l.emit("Div", {centred, l.emit("Sqrt", {l.emit("Add", {variance, l.constant(eps, dtype)})})});
  if (l.has_input(3)) y = l.emit("Mul", {y, line(l, parameter(l, 3, 1))});
  if (l.has_input(4)) y = l.emit("Add", {y, line(l, parameter(l, 4, 0))});
  l.give(y);
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
  l.give(l.emit("Dropout", {x, l.number_as("p", kFloat32), l.constant(true, kBool)}));
}

void cross_entropy(Lowering& l) {
  if (l.scalar("label_smoothing").to_double() > 0) l.fail("cross_entropy with label_smoothing has no ONNX form");
  static constexpr const char* kReductions[] = {"none", "mean", "sum"};
  std::string x = l.operand(0), target = l.operand(1);
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
  const std::string loss = l.emit("SoftmaxCrossEntropyLoss", {x, target, l.operand(2)},
                                  {{"ignore_index", l.fixed("ignore_index")}, {"reduction", std::string(word)}});
  l.give(single && reduction == Reduction::none ? l.emit("Squeeze", {loss, zero}) : loss);
}

}  // namespace

void add_network_rules(Rules& rules) {
  rules.insert({{"batch_norm", batch_norm}, {"pad", pad}, {"dropout", dropout}, {"cross_entropy", cross_entropy}});
}

}  // namespace cresset::exporting
