#include "support/options.h"

#include <cstring>
#include <stdexcept>

namespace cresset::test {

const OptionValue* Options::find(const char* name) const {
  for (const Option& option : options_)
    if (std::strcmp(option.name, name) == 0) return &option.value;
  return nullptr;
}

bool Options::flag(const char* name, bool otherwise) const {
  const OptionValue* v = find(name);
  return v ? std::get<bool>(v->value) : otherwise;
}
std::int64_t Options::integer(const char* name, std::int64_t otherwise) const {
  return maybe_integer(name).value_or(otherwise);
}
std::optional<std::int64_t> Options::maybe_integer(const char* name) const {
  const OptionValue* v = find(name);
  return v ? std::optional(std::get<std::int64_t>(v->value)) : std::nullopt;
}
double Options::real(const char* name, double otherwise) const {
  const OptionValue* v = find(name);
  if (!v) return otherwise;
  const auto* i = std::get_if<std::int64_t>(&v->value);
  return i ? static_cast<double>(*i) : std::get<double>(v->value);
}
std::optional<Scalar> Options::number(const char* name) const {
  const OptionValue* v = find(name);
  if (!v) return {};
  if (const auto* i = std::get_if<std::int64_t>(&v->value)) return Scalar(*i);
  return Scalar(std::get<double>(v->value));
}
std::string Options::text(const char* name, const char* otherwise) const {
  const OptionValue* v = find(name);
  return v ? std::get<std::string>(v->value) : otherwise;
}
std::vector<std::int64_t> Options::list(const char* name) const {
  const OptionValue* v = find(name);
  if (!v) return {};
  if (const auto* i = std::get_if<std::int64_t>(&v->value)) return {*i};
  return std::get<std::vector<std::int64_t>>(v->value);
}
nn::functional::Size2 Options::size2(const char* name, nn::functional::Size2 otherwise) const {
  const auto numbers = list(name);
  if (numbers.empty()) return otherwise;
  if (numbers.size() > 2) throw std::logic_error(std::string(name) + " has more than two numbers");
  return {numbers.front(), numbers.back()};
}

}  // namespace cresset::test
