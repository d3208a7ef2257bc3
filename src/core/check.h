// check<ShapeError>(ok, "op: …, got {}", x): throws a typed error with a formatted message. The message is built only
// on failure.
#pragma once

#include <cresset/error.h>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <utility>

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
