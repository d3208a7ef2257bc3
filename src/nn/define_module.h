// Defines what CRESSET_DECLARE_MODULE declares.
#pragma once

#include <cresset/nn/module.h>

#define CRESSET_DEFINE_MODULE(Class, ...)                                    \
  void Class::list_members(::cresset::nn::MemberList& cresset_members_) {    \
    cresset_members_.add(#__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__);           \
  }                                                                          \
  const std::type_info& Class::listed_type() const { return typeid(Class); } \
  std::unique_ptr<::cresset::nn::ModuleBase> Class::alias_copy() const {     \
    return ::cresset::nn::detail::alias_copy_of(*this);                      \
  }                                                                          \
  Class Class::clone() const { return ::cresset::nn::detail::clone_of(*this); }
