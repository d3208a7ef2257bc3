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

}  // namespace cresset::exporting
