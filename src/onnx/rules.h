// The rules of each kind of op. What is not in one of these lists has no ONNX form.
#pragma once

#include <string>
#include <unordered_map>

#include "onnx/lowering.h"

namespace cresset::exporting {

using Rules = std::unordered_map<std::string, Rule>;

void add_pointwise_rules(Rules& rules);
void add_view_rules(Rules& rules);
void add_reduce_rules(Rules& rules);
void add_product_rules(Rules& rules);
void add_pool_rules(Rules& rules);
void add_network_rules(Rules& rules);

// The reduction over dimensions; ReduceSum and, from opset 18, all others take them as an input.
std::string reduced(Lowering& l, const char* op_type, const std::string& x, const std::vector<std::int64_t>& dims,
                    bool keepdim);

// For ops that take no bfloat16 in ONNX (before opset 22): they are computed in float32, which the library's kernels do
// too.
std::string float_operand(Lowering& l, std::size_t i);
void give_float(Lowering& l, const std::string& y);

}  // namespace cresset::exporting
