// The keyword arguments of an op case: written once, read by the case's function and written into the file for PyTorch.
#pragma once

#include <cresset/ops.h>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cresset::test {

struct OptionValue {
  OptionValue(bool b) : value(b) {}
  OptionValue(std::integral auto i) : value(static_cast<std::int64_t>(i)) {}
  OptionValue(double d) : value(d) {}
  OptionValue(const char* s) : value(std::string(s)) {}
  OptionValue(std::initializer_list<std::int64_t> list) : value(std::vector<std::int64_t>(list)) {}
  std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>> value;
};

struct Option {
  const char* name;
  OptionValue value;
};

// Each reader gives the default of the op where the option is not there, and fails where it has another type.
class Options {
 public:
  Options() = default;
  Options(std::initializer_list<Option> options) : options_(options) {}

  bool has(const char* name) const { return find(name) != nullptr; }
  bool flag(const char* name, bool otherwise) const;
  std::int64_t integer(const char* name, std::int64_t otherwise) const;
  std::optional<std::int64_t> maybe_integer(const char* name) const;
  double real(const char* name, double otherwise) const;  // an integer counts too
  std::optional<Scalar> number(const char* name) const;
  std::string text(const char* name, const char* otherwise) const;
  std::vector<std::int64_t> list(const char* name) const;  // one number is a list of one; empty where it is not there
  // One number for both, or two.
  nn::functional::Size2 size2(const char* name, nn::functional::Size2 otherwise) const;

  const std::vector<Option>& all() const { return options_; }

 private:
  const OptionValue* find(const char* name) const;
  std::vector<Option> options_;
};

}  // namespace cresset::test
