// From samples to a batch.
#pragma once

#include <cresset/creation.h>
#include <cresset/data/fields.h>
#include <cresset/ops.h>

#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cresset::data {

template <class T>
auto collate(std::vector<T>&& samples);

namespace detail {

template <class T>
auto collate_numbers(const std::vector<T>& values) {
  using Element =
      std::conditional_t<std::is_same_v<T, bool>, bool, std::conditional_t<std::is_integral_v<T>, std::int64_t, T>>;
  Tensor result = empty({static_cast<std::int64_t>(values.size())}, {.dtype = dtype_of<Element>});
  Element* out = result.data_ptr<Element>();
  for (const auto value : values) *out++ = static_cast<Element>(value);
  return result;
}

template <std::size_t i, class T>
auto collate_field(std::vector<T>& samples) {
  using Field = std::remove_cvref_t<std::tuple_element_t<i, decltype(fields(samples[0]))>>;
  std::vector<Field> column;
  column.reserve(samples.size());
  for (T& sample : samples) column.push_back(std::move(std::get<i>(fields(sample))));
  return collate(std::move(column));
}

}  // namespace detail

// PyTorch's default_collate: tensors of equal shape are stacked (ShapeError otherwise); integers become an int64
// tensor, float, double and bool a tensor of their type; a tuple or a struct of these becomes a tuple, field by field;
// anything else, such as std::string, a vector.
template <class T>
auto collate(std::vector<T>&& samples) {
  if constexpr (std::is_same_v<T, Tensor>) {
    return stack(samples);
  } else if constexpr (std::is_arithmetic_v<T>) {
    return detail::collate_numbers(samples);
  } else if constexpr (detail::TupleLike<T> || detail::PlainStruct<T>) {
    constexpr std::size_t count = std::tuple_size_v<decltype(detail::fields(samples[0]))>;
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      return std::make_tuple(detail::collate_field<i>(samples)...);
    }
    (std::make_index_sequence<count>{});
  } else {
    return std::move(samples);
  }
}

// As a function object, DataLoader's default.
struct DefaultCollate {
  template <class T>
  auto operator()(std::vector<T>&& samples) const {
    return collate(std::move(samples));
  }
};

}  // namespace cresset::data
