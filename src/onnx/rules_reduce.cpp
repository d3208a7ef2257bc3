// Reductions, softmax.
#include <algorithm>

#include "onnx/rules.h"

namespace cresset::exporting {

std::string reduced(Lowering& l, const char* op_type, const std::string& x, const std::vector<std::int64_t>& dims,
                    bool keepdim) {
  if (dims.empty()) return x;  // a tensor of no dimensions
  const OnnxAttribute keep = static_cast<std::int64_t>(keepdim);
  if (l.opset() >= 18 || std::string_view(op_type) == "ReduceSum")
    return l.emit(op_type, {x, l.ints(dims)}, {{"keepdims", keep}});
  return l.emit(op_type, {x}, {{"axes", dims}, {"keepdims", keep}});
}

namespace {

void sum(Lowering& l) {
  const std::string x = l.operand(0);
  l.give(reduced(l, "ReduceSum", x, l.fixed_list("dims"), l.flag("keepdim")));
}

// The mean of no elements is not a number, of which ONNX says nothing.
void mean(Lowering& l) {
  const std::string x = l.operand(0);
  const auto dims = l.fixed_list("dims");
  const bool none = std::any_of(dims.begin(), dims.end(), [&](std::int64_t d) {
    const Number size = l.recordings().size(l.input(0), static_cast<int>(d));
    return size.fixed() && size.value() == 0;
  });
  const std::string y = reduced(l, none ? "ReduceSum" : "ReduceMean", x, dims, l.flag("keepdim"));
  l.give(none ? l.emit("Div", {y, l.constant(0, l.in(0).dtype)}) : y);
}

std::string index_of_extremum(Lowering& l, const char* op_type, const std::string& x, std::int64_t dim, bool keepdim) {
  return l.emit(op_type, {x}, {{"axis", dim}, {"keepdims", static_cast<std::int64_t>(keepdim)}});
}

// Values, and where there are two outputs, indices.
template <bool kMax>
void extremum(Lowering& l) {
  std::string x = l.operand(0);
  const bool is_bool = l.in(0).dtype == kBool, keepdim = l.flag("keepdim");
  if (is_bool) x = l.cast(x, kInt32);
  const auto dims = l.fixed_list("dims");
  const std::string y = reduced(l, kMax ? "ReduceMax" : "ReduceMin", x, dims, keepdim);
  l.give(is_bool ? l.cast(y, kBool) : y);
  if (l.node().outputs.size() < 2 || !l.is_used(1)) return;
  if (dims.empty()) return l.give(1, l.constant(0, kInt64));
  l.give(1, index_of_extremum(l, kMax ? "ArgMax" : "ArgMin", x, dims[0], keepdim));
}

template <bool kMax>
void arg_extremum(Lowering& l) {
  std::string x = l.operand(0);
  const char* op_type = kMax ? "ArgMax" : "ArgMin";
  const auto dims = l.fixed_list("dims");
  if (dims.empty()) return l.give(l.constant(0, kInt64));
  if (!l.has("flat")) return l.give(index_of_extremum(l, op_type, x, dims[0], l.flag("keepdim")));
  x = index_of_extremum(l, op_type, l.reshape(x, {-1}), 0, false);
  l.give(l.flag("keepdim") ? l.reshape(x, std::vector<std::int64_t>(dims.size(), 1)) : x);
}

// By counting, which is right for no elements too.
template <bool kAll>
void logic(Lowering& l) {
  const auto dims = l.fixed_list("dims");
  std::string x = l.operand(0);
  if (dims.empty()) return l.give(x);
  if (kAll) x = l.emit("Not", {x});
  const std::string count = reduced(l, "ReduceSum", l.cast(x, kInt64), dims, l.flag("keepdim"));
  l.give(l.emit(kAll ? "Equal" : "Greater", {count, l.constant(0, kInt64)}));
}

template <bool kLog>
void softmax(Lowering& l) {
  std::string x = l.operand(0);
  const bool single = l.in(0).shape.empty();
  if (single) x = l.reshape(x, {1});
  x = l.emit(kLog ? "LogSoftmax" : "Softmax", {x}, {{"axis", single ? 0 : l.fixed("dim")}});
  l.give(single ? l.reshape(x, {}) : x);
}

}  // namespace

void add_reduce_rules(Rules& rules) {
  rules.insert({{"sum", sum},
                {"mean", mean},
                {"max", extremum<true>},
                {"min", extremum<false>},
                {"argmax", arg_extremum<true>},
                {"argmin", arg_extremum<false>},
                {"all", logic<true>},
                {"any", logic<false>},
                {"softmax", softmax<false>},
                {"log_softmax", softmax<true>}});
}

}  // namespace cresset::exporting
