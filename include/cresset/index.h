// The items of basic indexing: `x.index({Slice(0, 3), 1, None, Ellipsis})`.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

namespace cresset {

struct NoneType {};
struct EllipsisType {};
inline constexpr NoneType None;          // a new dimension of size 1; in Slice: the default
inline constexpr EllipsisType Ellipsis;  // as many full slices as there are dimensions left

// Python's `start:stop:step`; `Slice()` is `:`. The step is positive.
struct Slice {
  using Bound = std::optional<std::int64_t>;
  constexpr Slice() = default;
  constexpr Slice(Bound first, Bound last, std::int64_t by = 1) : start(first), stop(last), step(by) {}
  constexpr Slice(NoneType, Bound last, std::int64_t by = 1) : stop(last), step(by) {}
  constexpr Slice(Bound first, NoneType, std::int64_t by = 1) : start(first), step(by) {}
  constexpr Slice(NoneType, NoneType, std::int64_t by = 1) : step(by) {}

  Bound start = {};
  Bound stop = {};
  std::int64_t step = 1;
};

struct IndexItem {
  enum class Kind : std::uint8_t { integer, slice, none, ellipsis };
  template <std::integral T>
  constexpr IndexItem(T i) : kind(Kind::integer), integer(static_cast<std::int64_t>(i)) {}
  // In Python `x[True]` adds a dimension: write None for that.
  constexpr IndexItem(bool) = delete;
  constexpr IndexItem(Slice s) : kind(Kind::slice), slice(s) {}
  constexpr IndexItem(NoneType) : kind(Kind::none) {}
  constexpr IndexItem(EllipsisType) : kind(Kind::ellipsis) {}

  Kind kind;
  std::int64_t integer = 0;
  Slice slice = {};
};

}  // namespace cresset
