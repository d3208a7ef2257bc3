// Modules one after the other.
#pragma once

#include <cresset/nn/module.h>

#include <initializer_list>

namespace cresset::nn {

namespace detail {
CRESSET_API void fail_element_type(const ModuleBase& element, std::int64_t index, const std::type_info& wanted);
}

template <class M>
concept AnyModule = std::is_base_of_v<Module, std::remove_cvref_t<M>>;

// Each module gets the output of the one before. On a device that can, a ReLU behind a Conv2d, Linear or BatchNorm is
// run with it (fused_relu.h). Takes modules by value (which are handles), also with names:
// `Sequential{Conv2d{3, 6, 5}, ReLU{}}`, `Sequential{{"conv", Conv2d{3, 6, 5}}, {"relu", ReLU{}}}`. Without names they
// are called "0", "1", …
class CRESSET_API Sequential : public Module {
 public:
  // A name and a module.
  struct Item {
    template <AnyModule M>
    Item(std::string item_name, M item_module)
        : name(std::move(item_name)), module(std::make_shared<M>(std::move(item_module))) {}
    std::string name;
    std::shared_ptr<Module> module;
  };
  class Iterator {
   public:
    using value_type = Module;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(const Item* item) : item_(item) {}
    Module& operator*() const { return *item_->module; }
    Module* operator->() const { return item_->module.get(); }
    Iterator& operator++() {
      ++item_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Item* item_;
  };

  Sequential();
  Sequential(std::initializer_list<Item> items);
  template <AnyModule... M>
  requires(sizeof...(M) > 1 || (!std::is_base_of_v<Sequential, M> && ...)) explicit Sequential(M... modules)
      : Sequential() {
    (push_back(std::move(modules)), ...);
  }

  Tensor forward(const Tensor& input) override;

  // All copies of this Sequential see the new module. Throws ValueError for a name that is empty, taken or has a dot.
  template <AnyModule M>
  Sequential& push_back(M module) {
    return push_back(std::to_string(size()), std::move(module));
  }
  template <AnyModule M>
  Sequential& push_back(std::string name, M module) {
    add(Item(std::move(name), std::move(module)));
    return *this;
  }

  std::size_t size() const { return items_->size(); }
  bool empty() const { return items_->empty(); }
  // A negative index counts from the end; IndexError outside.
  Module& operator[](std::int64_t index) const;
  // The same, as what it is: `net.at<Conv2d>(0)`. ValueError where it is of another class.
  template <AnyModule M>
  M& at(std::int64_t index) const {
    Module& module = (*this)[index];
    M* typed = dynamic_cast<M*>(&module);
    if (!typed) detail::fail_element_type(module, index, typeid(M));
    return *typed;
  }
  Iterator begin() const { return Iterator(items_->data()); }
  Iterator end() const { return Iterator(items_->data() + items_->size()); }

  void list_children(MemberList& members) override;
  void copy_children(detail::CopyMemo& memo) override;
  CRESSET_DECLARE_MODULE(Sequential)

 private:
  void add(Item item);

  std::shared_ptr<std::vector<Item>> items_;
};

}  // namespace cresset::nn
