// check<ShapeError>(ok, "op: …, got {}", x): throws a typed error with a formatted message. The message is built only
// on failure.
#pragma once

#include <cresset/error.h>
#include <cresset/tensor.h>
#include <fmt/format.h>

#include <string>
#include <utility>

namespace cresset {
// "float32[2, 3]"
std::string describe(const Tensor& tensor);
}  // namespace cresset

template <>
struct fmt::formatter<cresset::Shape> : fmt::formatter<std::string> {
  auto format(const cresset::Shape& shape, fmt::format_context& context) const {
    return fmt::formatter<std::string>::format(shape.str(), context);
  }
};
template <>
struct fmt::formatter<cresset::Dims> : fmt::formatter<cresset::Shape> {};
template <>
struct fmt::formatter<cresset::Device> : fmt::formatter<std::string> {
  auto format(const cresset::Device& device, fmt::format_context& context) const {
    return fmt::formatter<std::string>::format(device.str(), context);
  }
};
template <>
struct fmt::formatter<cresset::Tensor> : fmt::formatter<std::string> {
  auto format(const cresset::Tensor& tensor, fmt::format_context& context) const {
    return fmt::formatter<std::string>::format(cresset::describe(tensor), context);
  }
};

namespace cresset {

template <class E, class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw E(fmt::format(format, std::forward<Args>(args)...));
}

template <class E, class... Args>
inline void check(bool ok, fmt::format_string<Args...> format, Args&&... args) {
  if (!ok) [[unlikely]]
    fail<E>(format, std::forward<Args>(args)...);
}

}  // namespace cresset
