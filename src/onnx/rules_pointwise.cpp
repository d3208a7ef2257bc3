// Element-wise ops.
#include <cmath>

#include "onnx/rules.h"

namespace cresset::exporting {
namespace {

// One ONNX op with the same inputs.
template <const char* const& kOpType>
void same(Lowering& l) {
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < l.node().inputs.size(); ++i) inputs.push_back(l.operand(i));
  l.give(l.emit(kOpType, inputs));
}

// Both operands of a binary op, one of which may be a number.
struct Operands {
  std::string a, b;
  DType dtype;
};
Operands operands(Lowering& l) {
  const DType dtype = l.in(0).dtype;
  if (l.has("self")) {
    const std::string number = l.number_as("self", dtype);
    return {number, l.operand(0), dtype};
  }
  const std::string first = l.operand(0);
  return {first, l.has("other") ? l.number_as("other", dtype) : l.operand(1), dtype};
}

// Bool operands have ops of their own.
template <int kOp>
void arithmetic(Lowering& l) {
  static constexpr const char* kOps[] = {"Add", "Sub", "Mul", "Max", "Min"};
  static constexpr const char* kLogic[] = {"Or", "", "And", "Or", "And"};
  Operands o = operands(l);
  if (l.has("alpha")) o.b = l.emit("Mul", {o.b, l.number_as("alpha", o.dtype)});
  l.give(l.emit(o.dtype == kBool ? kLogic[kOp] : kOps[kOp], {o.a, o.b}));
}

void divide(Lowering& l) {
  const Operands o = operands(l);
  l.give(l.emit("Div", {o.a, o.b}));
}

// ONNX has no uint8 for these: in a wider type, of which the last eight bits are kept.
void power(Lowering& l) {
  Operands o{l.operand(0), "", l.in(0).dtype};
  if (l.has("exponent"))
    o.b = l.number_as("exponent", o.dtype);
  else
    o = operands(l);
  if (o.dtype != kUInt8) return l.give(l.emit("Pow", {o.a, o.b}));
  l.give(l.cast(l.emit("Pow", {l.cast(o.a, kInt64), l.cast(o.b, kInt64)}), kUInt8));
}
void negative(Lowering& l) {
  const std::string x = l.operand(0);
  if (l.in(0).dtype != kUInt8) return l.give(l.emit("Neg", {x}));
  l.give(l.cast(l.emit("Neg", {l.cast(x, kInt32)}), kUInt8));
}

// ONNX orders numbers only, and compares uint8 in its newest versions only.
template <int kOp>
void compare(Lowering& l) {
  static constexpr const char* kOps[] = {"Equal", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"};
  Operands o = operands(l);
  const bool order = kOp >= 2;
  if (o.dtype == kUInt8 || (order && o.dtype == kBool)) o = {l.cast(o.a, kInt32), l.cast(o.b, kInt32), kInt32};
  const std::string y = l.emit(kOps[kOp], {o.a, o.b});
  l.give(kOp == 1 ? l.emit("Not", {y}) : y);
}

void rsqrt(Lowering& l) { l.give(l.emit("Reciprocal", {l.emit("Sqrt", {l.operand(0)})})); }

void square(Lowering& l) {
  const std::string x = l.operand(0);
  l.give(l.emit("Mul", {x, x}));
}

// Of integers it is a maximum: few programs have a kernel for their Relu.
void relu(Lowering& l) {
  const std::string x = l.operand(0);
  const DType dtype = l.in(0).dtype;
  if (is_floating_point(dtype)) return l.give(l.emit("Relu", {x}));
  l.give(dtype == kUInt8 ? x : l.emit("Max", {x, l.constant(0, dtype)}));
}

// 0.5 x (1 + erf(x / sqrt 2)).
void gelu(Lowering& l) {
  const std::string x = l.operand(0);
  const DType dtype = l.in(0).dtype;
  if (l.opset() >= 20) return l.give(l.emit("Gelu", {x}));
  const std::string erf = l.emit("Erf", {l.emit("Div", {x, l.constant(std::sqrt(2.0), dtype)})});
  const std::string sum = l.emit("Add", {erf, l.constant(1, dtype)});
  l.give(l.emit("Mul", {l.emit("Mul", {x, sum}), l.constant(0.5, dtype)}));
}

// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
void gelu_tanh(Lowering& l) {
  const std::string x = l.operand(0);
  const DType dtype = l.in(0).dtype;
  if (l.opset() >= 20) return l.give(l.emit("Gelu", {x}, {{"approximate", std::string("tanh")}}));
  const std::string cube = l.emit("Mul", {l.emit("Mul", {x, x}), x});
  const std::string inner = l.emit("Add", {x, l.emit("Mul", {cube, l.constant(0.044715, dtype)})});
  const std::string tanh = l.emit("Tanh", {l.emit("Mul", {inner, l.constant(std::sqrt(2 / std::acos(-1.0)), dtype)})});
  const std::string sum = l.emit("Add", {tanh, l.constant(1, dtype)});
  l.give(l.emit("Mul", {l.emit("Mul", {x, sum}), l.constant(0.5, dtype)}));
}

void logical_not(Lowering& l) {
  std::string x = l.operand(0);
  DType dtype = l.in(0).dtype;
  if (dtype == kBool) return l.give(l.emit("Not", {x}));
  if (dtype == kUInt8) x = l.cast(x, dtype = kInt32);
  l.give(l.emit("Equal", {x, l.constant(0, dtype)}));
}

// The bounds one after the other: where they cross the upper one holds.
void clamp(Lowering& l) {
  std::string x = l.operand(0);
  const DType dtype = l.in(0).dtype;
  const double low = l.scalar("min").to_double(), high = l.scalar("max").to_double();
  // A bound that every element keeps is none.
  const double least = dtype == kUInt8 ? 0 : -HUGE_VAL;
  if (low > least) x = l.emit("Max", {x, l.number_as("min", dtype)});
  if (high < HUGE_VAL) x = l.emit("Min", {x, l.number_as("max", dtype)});
  l.give(x);
}

// Few programs have a kernel for the Where of truth values.
void where(Lowering& l) {
  const std::string condition = l.operand(0), a = l.operand(1), b = l.operand(2);
  if (l.out().dtype != kBool) return l.give(l.emit("Where", {condition, a, b}));
  l.give(l.emit("Or", {l.emit("And", {condition, a}), l.emit("And", {l.emit("Not", {condition}), b})}));
}
void to(Lowering& l) { l.give(l.cast(l.operand(0), l.dtype("dtype"))); }
void clone(Lowering& l) { l.give(l.operand(0)); }

constexpr const char* kAbs = "Abs";
constexpr const char* kSign = "Sign";
constexpr const char* kExp = "Exp";
constexpr const char* kLog = "Log";
constexpr const char* kSqrt = "Sqrt";
constexpr const char* kReciprocal = "Reciprocal";
constexpr const char* kSigmoid = "Sigmoid";
constexpr const char* kTanh = "Tanh";
constexpr const char* kAnd = "And";
constexpr const char* kOr = "Or";

}  // namespace

void add_pointwise_rules(Rules& rules) {
  rules.insert({{"neg", negative},
                {"abs", same<kAbs>},
                {"sign", same<kSign>},
                {"exp", same<kExp>},
                {"log", same<kLog>},
                {"sqrt", same<kSqrt>},
                {"reciprocal", same<kReciprocal>},
                {"sigmoid", same<kSigmoid>},
                {"tanh", same<kTanh>},
                {"logical_and", same<kAnd>},
                {"logical_or", same<kOr>},
                {"add", arithmetic<0>},
                {"sub", arithmetic<1>},
                {"mul", arithmetic<2>},
                {"maximum", arithmetic<3>},
                {"minimum", arithmetic<4>},
                {"div", divide},
                {"pow", power},
                {"eq", compare<0>},
                {"ne", compare<1>},
                {"lt", compare<2>},
                {"le", compare<3>},
                {"gt", compare<4>},
                {"ge", compare<5>},
                {"rsqrt", rsqrt},
                {"square", square},
                {"relu", relu},
                {"gelu", gelu},
                {"gelu_tanh", gelu_tanh},
                {"logical_not", logical_not},
                {"clamp", clamp},
                {"where", where},
                {"to", to},
                {"clone", clone}});
}

}  // namespace cresset::exporting
