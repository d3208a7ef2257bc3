// Names and tensors in order: what state_dict() gives, load_state_dict() takes, and save() and load() store.
#pragma once

#include <cresset/tensor.h>

#include <iosfwd>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cresset {

// Keeps the order in which names were first set. A value: copies have their own list, on the same tensors.
class CRESSET_API StateDict {
 public:
  using Item = std::pair<std::string, Tensor>;

  StateDict() = default;
  StateDict(std::initializer_list<Item> items);

  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // Null where there is none; valid until the next change.
  const Tensor* find(std::string_view name) const;
  // Throws ValueError where there is none.
  const Tensor& at(std::string_view name) const;
  // Adds an undefined tensor where there is none.
  Tensor& operator[](std::string_view name);
  void set(std::string_view name, const Tensor& tensor) { (*this)[name] = tensor; }
  // Whether there was one.
  bool erase(std::string_view name);
  std::vector<std::string> keys() const;
  // Adds every item of `other` under `prefix` + its name.
  void merge(std::string_view prefix, const StateDict& other);
  // The items whose names start with `prefix`, without it.
  StateDict sub_dict(std::string_view prefix) const;

  std::vector<Item>::const_iterator begin() const { return items_.begin(); }
  std::vector<Item>::const_iterator end() const { return items_.end(); }

 private:
  std::vector<Item> items_;
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace cresset
