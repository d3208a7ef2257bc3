// The fields of a sample: a tuple, pair, array or plain struct as a tuple of references.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cresset::data::detail {

template <class T>
concept TupleLike = requires {
  std::tuple_size<T>::value;
};

// Converts to anything, to count the fields that a struct can be initialised from.
struct Anything {
  template <class T>
  operator T() const;
};

template <class T, class... Fields>
constexpr std::size_t count_fields() {
  if constexpr (sizeof...(Fields) > 8)
    return sizeof...(Fields);
  else if constexpr (requires { T{Fields{}..., Anything{}}; })
    return count_fields<T, Fields..., Anything>();
  else
    return sizeof...(Fields);
}

// A struct whose fields are counted this way; at most 8.
template <class T>
concept PlainStruct = std::is_class_v<T> && std::is_aggregate_v<T> && !TupleLike<T>;

template <class T>
auto fields(T& value) {
  using Plain = std::remove_const_t<T>;
  if constexpr (TupleLike<Plain>) {
    return std::apply([](auto&... f) { return std::tie(f...); }, value);
  } else {
    constexpr std::size_t count = count_fields<Plain>();
    static_assert(count >= 1 && count <= 8, "a sample must have 1 to 8 fields");
    if constexpr (count == 1) {
      auto& [a] = value;
      return std::tie(a);
    } else if constexpr (count == 2) {
      auto& [a, b] = value;
      return std::tie(a, b);
    } else if constexpr (count == 3) {
      auto& [a, b, c] = value;
      return std::tie(a, b, c);
    } else if constexpr (count == 4) {
      auto& [a, b, c, d] = value;
      return std::tie(a, b, c, d);
    } else if constexpr (count == 5) {
      auto& [a, b, c, d, e] = value;
      return std::tie(a, b, c, d, e);
    } else if constexpr (count == 6) {
      auto& [a, b, c, d, e, f] = value;
      return std::tie(a, b, c, d, e, f);
    } else if constexpr (count == 7) {
      auto& [a, b, c, d, e, f, g] = value;
      return std::tie(a, b, c, d, e, f, g);
    } else {
      auto& [a, b, c, d, e, f, g, h] = value;
      return std::tie(a, b, c, d, e, f, g, h);
    }
  }
}

}  // namespace cresset::data::detail
