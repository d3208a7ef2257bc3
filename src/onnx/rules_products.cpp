// Matrix products and convolutions.
#include <cresset/ops.h>
#include <fmt/format.h>

#include "onnx/rules.h"

namespace cresset::exporting {
namespace {

void matmul(Lowering& l) { l.give(l.emit("MatMul", {l.operand(0), l.operand(1)})); }

// [rows, in] by Gemm; with more or fewer dimensions, or of integers, by MatMul with the weight transposed.
void linear(Lowering& l) {
  const std::string x = l.operand(0);
  const std::size_t weight_rank = l.rank(l.input(1));
  if (l.rank(l.input(0)) == 2 && weight_rank == 2 && is_floating_point(l.in(0).dtype)) {
    const std::string w = l.operand(1);
    return l.give(l.emit("Gemm", {x, w, l.operand(2)}, {{"alpha", 1.0}, {"beta", 1.0}, {"transB", std::int64_t{1}}}));
  }
  std::string w;
  if (weight_rank == 1)
    w = l.operand(1);
  else if (l.recordings().is_fixed(l.input(1)) && l.folds())
    w = l.weight(l.in(1).tensor.t().contiguous(), "MatMul");
  else
    w = l.emit("Transpose", {l.operand(1)}, {{"perm", std::vector<std::int64_t>{1, 0}}});
  const std::string product = l.emit("MatMul", {x, w});
  l.give(l.has_input(2) ? l.emit("Add", {l.operand(2), product}) : product);
}

void conv2d(Lowering& l) {
  if (!is_floating_point(l.in(0).dtype)) l.fail(fmt::format("conv2d of {} has no ONNX form", name(l.in(0).dtype)));
  const auto& weight = l.in(1).shape;
  const std::string x = float_operand(l, 0), w = float_operand(l, 1), b = l.has_input(2) ? float_operand(l, 2) : "";
  give_float(l, l.emit("Conv", {x, w, b},
                       {{"dilations", l.fixed_list("dilation")},
                        {"group", l.fixed("groups")},
                        {"kernel_shape", std::vector<std::int64_t>{weight[2], weight[3]}},
                        {"pads", l.fixed_list("pads")},
                        {"strides", l.fixed_list("stride")}}));
}

}  // namespace

void add_product_rules(Rules& rules) { rules.insert({{"matmul", matmul}, {"linear", linear}, {"conv2d", conv2d}}); }

}  // namespace cresset::exporting
