// CRESSET_MODULE(...): how a module names its members, once.
#pragma once

#include <cresset/nn/parameter.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace cresset::nn {

class ModuleBase;

// One member of a module: exactly one of the three pointers is set.
struct Member {
  std::string name;  // elements of a vector or array: "layers.0"
  ModuleBase* module = nullptr;
  Parameter* parameter = nullptr;
  Buffer* buffer = nullptr;
};

namespace detail {
template <class T>
inline constexpr bool is_listable =
    std::is_base_of_v<ModuleBase, T> || std::is_base_of_v<Parameter, T> || std::is_base_of_v<Buffer, T>;
template <class T>
inline constexpr bool is_listable<std::optional<T>> = is_listable<T>;
template <class T, class A>
inline constexpr bool is_listable<std::vector<T, A>> = is_listable<T>;
template <class T, std::size_t n>
inline constexpr bool is_listable<std::array<T, n>> = is_listable<T>;
template <class T, std::size_t n>
inline constexpr bool is_listable<T[n]> = is_listable<T>;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
}  // namespace detail

// What list_members() fills. Only the library and the macro need it.
class MemberList {
 public:
  template <class... T>
  void add([[maybe_unused]] std::string_view names, T&... members) {
    (add_one(next_name(names), members), ...);
  }
  template <class T>
  void add_one(const std::string& name, T& member) {
    using Plain = std::remove_cv_t<T>;
    static_assert(
        detail::is_listable<Plain>,
        "CRESSET_MODULE lists modules, nn::Parameter, nn::Buffer, and std::optional, std::vector and arrays of "
        "them; other members need no listing");
    if constexpr (std::is_base_of_v<ModuleBase, Plain>) {
      members_.push_back({.name = name, .module = &member});
    } else if constexpr (std::is_base_of_v<Parameter, Plain>) {
      members_.push_back({.name = name, .parameter = &member});
    } else if constexpr (std::is_base_of_v<Buffer, Plain>) {
      members_.push_back({.name = name, .buffer = &member});
    } else if constexpr (detail::is_listable<Plain>) {
      if constexpr (detail::is_optional<Plain>) {
        if (member) add_one(name, *member);
      } else {
        std::size_t i = 0;
        for (auto& element : member) add_one(name + '.' + std::to_string(i++), element);
      }
    }
  }
  std::vector<Member> take() { return std::move(members_); }

 private:
  // Takes the first name off "conv_1, pool, fc".
  CRESSET_API static std::string next_name(std::string_view& names);

  std::vector<Member> members_;
};

namespace detail {
CRESSET_API void deep_copy_members(ModuleBase& alias);

template <class T>
std::unique_ptr<ModuleBase> alias_copy_of(const T& module) {
  static_assert(std::is_copy_constructible_v<T>,
                "a module is a handle and copies as an alias: keep members that cannot be copied in a std::shared_ptr");
  return std::make_unique<T>(module);
}
template <class T>
T clone_of(const T& module) {
  T copy(module);
  deep_copy_members(copy);
  return copy;
}
}  // namespace detail
}  // namespace cresset::nn

// Lists the members of a module class that are modules, parameters or buffers (or std::optional, std::vector or arrays
// of them), those of its base classes included, in the order in which PyTorch would have registered them. It stands in
// the public part of the class. A class without such members takes `CRESSET_MODULE()`. What is not listed is found at
// first use and is an error.
#define CRESSET_MODULE(...)                                                              \
  void list_members(::cresset::nn::MemberList& cresset_members_) override {              \
    cresset_members_.add(#__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__);                       \
  }                                                                                      \
  const std::type_info& listed_type() const override { return typeid(decltype(*this)); } \
  std::unique_ptr<::cresset::nn::ModuleBase> alias_copy() const override {               \
    return ::cresset::nn::detail::alias_copy_of(*this);                                  \
  }                                                                                      \
  auto clone() const->std::remove_cvref_t<decltype(*this)> { return ::cresset::nn::detail::clone_of(*this); }

// The same for this library's own classes, whose headers only declare it (nn/define_module.h in src defines it): a
// program that includes all of them compiles faster.
#define CRESSET_DECLARE_MODULE(Class)                                      \
  void list_members(::cresset::nn::MemberList& cresset_members_) override; \
  const std::type_info& listed_type() const override;                      \
  std::unique_ptr<::cresset::nn::ModuleBase> alias_copy() const override;  \
  Class clone() const;
