#include <cresset/state_dict.h>

#include "core/check.h"

namespace cresset {

StateDict::StateDict(std::initializer_list<Item> items) {
  for (const auto& [name, tensor] : items) set(name, tensor);
}

const Tensor* StateDict::find(std::string_view name) const {
  const auto place = places_.find(std::string(name));
  return place == places_.end() ? nullptr : &items_[place->second].second;
}

const Tensor& StateDict::at(std::string_view name) const {
  const Tensor* tensor = find(name);
  check<ValueError>(tensor != nullptr, "StateDict: there is no \"{}\"", name);
  return *tensor;
}

Tensor& StateDict::operator[](std::string_view name) {
  const auto [place, is_new] = places_.try_emplace(std::string(name), items_.size());
  if (is_new) items_.emplace_back(name, Tensor());
  return items_[place->second].second;
}

bool StateDict::erase(std::string_view name) {
  const auto place = places_.find(std::string(name));
  if (place == places_.end()) return false;
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(place->second));
  places_.clear();
  for (std::size_t i = 0; i < items_.size(); ++i) places_[items_[i].first] = i;
  return true;
}

std::vector<std::string> StateDict::keys() const {
  std::vector<std::string> names;
  for (const auto& item : items_) names.push_back(item.first);
  return names;
}

void StateDict::merge(std::string_view prefix, const StateDict& other) {
  for (const auto& [name, tensor] : other) set(std::string(prefix) + name, tensor);
}

StateDict StateDict::sub_dict(std::string_view prefix) const {
  StateDict found;
  for (const auto& [name, tensor] : items_)
    if (name.starts_with(prefix)) found.set(std::string_view(name).substr(prefix.size()), tensor);
  return found;
}

}  // namespace cresset
