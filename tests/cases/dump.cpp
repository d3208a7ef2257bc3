#include "cases/dump.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "cases/op_table.h"

namespace cresset::test {
namespace {

using nlohmann::json;

json as_json(double v) {
  if (std::isnan(v)) return "nan";
  if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
  if (v == 0 && std::signbit(v)) return -0.0;
  if (v == std::trunc(v) && std::fabs(v) < 0x1p53) return static_cast<std::int64_t>(v);
  return v;
}

json as_json(const Scalar& s) {
  if (s.is_bool()) return s.to_int64() != 0;
  if (s.is_integral()) return s.to_int64();
  return s.to_double();
}

json as_json(const Argument& a, std::size_t position, DType of_case) {
  if (a.kind == Argument::Kind::number) return as_json(a.value);
  if (a.kind == Argument::Kind::none) return nullptr;
  json result{{"dtype", name(a.dtype_in(of_case))}, {"shape", a.shape.vec()}};
  if (a.layout != Layout::contiguous) {
    const Placement p = placement(a);
    result["strides"] = p.strides.vec();
    result["offset"] = p.offset;
  }
  if (a.listed.empty() || a.shape.numel() == 0) {
    const int seed = a.data.seed == 0 ? static_cast<int>(position) + 1 : a.data.seed;
    result["data"] = {{"seed", seed}, {"low", a.data.low}, {"high", a.data.high}, {"step", a.data.step}};
    if (a.data.divisor != 1) result["data"]["divisor"] = a.data.divisor;
  } else {
    result["data"] = json::array();
    for (const double v : a.listed) result["data"].push_back(as_json(v));
  }
  if (!a.grad) result["grad"] = false;
  return result;
}

json as_json(const OpCases& op, const std::string& name, const std::vector<Argument>& arguments, const Options& options,
             DType dtype) {
  json inputs = json::array();
  for (std::size_t i = 0; i < arguments.size(); ++i) inputs.push_back(as_json(arguments[i], i, dtype));
  json result{{"name", name}, {"op", op.name}, {"inputs", inputs}};
  for (const Option& option : options.all())
    std::visit([&](const auto& value) { result["options"][option.name] = value; }, option.value.value);
  return result;
}

}  // namespace

std::string cases_as_json() {
  json all = json::array();
  for (const OpCases& op : op_table()) {
    for (const OpCase& c : op.cases) {
      if (!c.golden) continue;
      for (const DType dtype : c.dtypes) {
        json one = as_json(op, full_name(op, c, dtype), c.arguments, c.options, dtype);
        if (c.grad && op.differentiable != Differentiable::no) one["grad"] = true;
        all.push_back(std::move(one));
      }
    }
    for (const ErrorCase& c : op.errors) {
      if (!c.golden) continue;
      json one = as_json(op, op.name + "." + c.name, c.arguments, c.options, c.dtype);
      one["error"] = true;
      all.push_back(std::move(one));
    }
  }
  return json{{"cases", all}}.dump(0) + "\n";
}

}  // namespace cresset::test
