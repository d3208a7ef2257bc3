#include "onnx/rules.h"

namespace cresset::exporting {

Rule rule_of(const std::string& op) {
  static const Rules* const all = [] {
    auto* rules = new Rules;
    add_pointwise_rules(*rules);
    add_view_rules(*rules);
    add_reduce_rules(*rules);
    add_product_rules(*rules);
    add_pool_rules(*rules);
    add_network_rules(*rules);
    return rules;
  }();
  const auto found = all->find(op);
  return found == all->end() ? nullptr : found->second;
}

std::string float_operand(Lowering& l, std::size_t i) {
  return l.in(i).dtype == kBFloat16 ? l.cast(l.operand(i), kFloat32) : l.operand(i);
}
void give_float(Lowering& l, const std::string& y) { l.give(l.out().dtype == kBFloat16 ? l.cast(y, kBFloat16) : y); }

}  // namespace cresset::exporting
