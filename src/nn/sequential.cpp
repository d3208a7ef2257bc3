#include <cresset/nn/sequential.h>

#include <algorithm>

#include "core/check.h"
#include "nn/class_name.h"
#include "nn/copy_memo.h"
#include "nn/define_module.h"
#include "nn/with_relu.h"

namespace cresset::nn {

CRESSET_DEFINE_MODULE(Sequential)

void detail::fail_element_type(const ModuleBase& element, std::int64_t index, const std::type_info& wanted) {
  fail<ValueError>("Sequential: element {} must be a {}, is a {}", index, class_name_of(wanted), element.class_name());
}

Sequential::Sequential() : items_(std::make_shared<std::vector<Item>>()) {}
Sequential::Sequential(std::initializer_list<Item> items) : Sequential() {
  for (const Item& item : items) add(item);
}

void Sequential::add(Item item) {
  check<ValueError>(!item.name.empty() && item.name.find('.') == std::string::npos,
                    "Sequential: a module's name must have at least one letter and no \".\", got \"{}\"", item.name);
  for (const Item& other : *items_)
    check<ValueError>(other.name != item.name, "Sequential: there is a module \"{}\" already", item.name);
  // Copies share their modules, so a Sequential in itself would have no end.
  const auto holds_this = [&](const auto& self, const ModuleBase& module) -> bool {
    const auto* inner = dynamic_cast<const Sequential*>(&module);
    if (!inner) return false;
    if (inner->items_ == items_) return true;
    return std::any_of(inner->items_->begin(), inner->items_->end(),
                       [&](const Item& other) { return self(self, *other.module); });
  };
  check<ValueError>(!holds_this(holds_this, *item.module),
                    "Sequential: \"{}\" holds the Sequential that it is put into", item.name);
  items_->push_back(std::move(item));
}

Tensor Sequential::forward(const Tensor& input) {
  Tensor x = input;
  const std::vector<Item>& items = *items_;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i + 1 < items.size()) {
      if (auto y = with_relu(*items[i].module, *items[i + 1].module, x)) {
        x = *std::move(y);
        ++i;
        continue;
      }
    }
    x = (*items[i].module)(x);
  }
  return x;
}

Module& Sequential::operator[](std::int64_t index) const {
  const auto n = static_cast<std::int64_t>(items_->size());
  check<IndexError>(index >= -n && index < n, "Sequential: index {} is out of range of {} modules", index, n);
  return *(*items_)[static_cast<std::size_t>(index < 0 ? index + n : index)].module;
}

void Sequential::list_children(MemberList& members) {
  for (const Item& item : *items_) members.add_one(item.name, *item.module);
}

void Sequential::copy_children(detail::CopyMemo& memo) {
  auto& copy = memo.containers[items_.get()];
  if (!copy) {
    auto items = std::make_shared<std::vector<Item>>(*items_);
    for (Item& item : *items) item.module = memo.copy_of(item.module);
    copy = items;
  }
  items_ = std::static_pointer_cast<std::vector<Item>>(copy);
}

}  // namespace cresset::nn
