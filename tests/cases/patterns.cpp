#include "cases/patterns.h"

namespace cresset::test {

std::vector<OpCase> unary_patterns(const UnaryPatterns& p) {
  const auto x = [&](const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, p.data, layout); };
  std::vector<OpCase> cases{
      {.name = "plain", .arguments = {x({3, 7})}, .dtypes = p.dtypes},
      {.name = "number", .arguments = {x({})}},
      {.name = "empty", .arguments = {x({0, 3})}},
      {.name = "one", .arguments = {x({1, 1})}},
      {.name = "sliced", .arguments = {x({2, 9}, Layout::sliced)}, .dtypes = p.dtypes},
      {.name = "unaligned", .arguments = {x({3, 7}, Layout::unaligned)}, .dtypes = p.dtypes, .golden = false},
      {.name = "transposed", .arguments = {x({2, 3, 5}, Layout::transposed)}, .by_cudnn = false},
      {.name = "expanded", .arguments = {x({3, 5}, Layout::expanded)}},
      {.name = "channels_last", .arguments = {x({2, 3, 4, 5}, Layout::channels_last)}, .by_cudnn = false},
      {.name = "large",
       .arguments = {x({70001})},
       .dtypes = p.dtypes,
       .golden = false,
       .by_cudnn = false,
       .differences = false},
  };
  for (OpCase& c : cases) {
    c.exact = p.exact;
    c.second = p.second;
  }
  return cases;
}

std::vector<OpCase> binary_patterns(const BinaryPatterns& p) {
  const auto a = [&](const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, p.a, layout); };
  const auto b = [&](const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, p.b, layout); };
  std::vector<OpCase> cases{
      {.name = "plain", .arguments = {a({3, 7}), b({3, 7})}, .dtypes = p.dtypes},
      {.name = "rows", .arguments = {a({3, 5}), b({5})}, .dtypes = p.dtypes},
      {.name = "columns", .arguments = {a({2, 3, 5}), b({3, 1})}},
      {.name = "both_broadcast", .arguments = {a({4, 1}), b({1, 5})}},
      {.name = "more_dims_right", .arguments = {a({3}), b({2, 1, 3})}},
      {.name = "zero_dims", .arguments = {a({2, 3}), b({})}},
      {.name = "no_dims", .arguments = {a({}), b({})}},
      {.name = "empty", .arguments = {a({0, 3}), b({3})}},
      {.name = "one", .arguments = {a({1}), b({1, 1})}},
      {.name = "sliced", .arguments = {a({2, 9}, Layout::sliced), b({2, 9})}, .dtypes = p.dtypes},
      {.name = "unaligned",
       .arguments = {a({3, 7}), b({3, 7}, Layout::unaligned)},
       .dtypes = p.dtypes,
       .golden = false},
      {.name = "transposed", .arguments = {a({2, 3, 5}, Layout::transposed), b({2, 3, 5})}},
      {.name = "expanded", .arguments = {a({3, 5}), b({3, 5}, Layout::expanded)}},
      {.name = "channels_last", .arguments = {a({2, 3, 4, 5}, Layout::channels_last), b({2, 3, 4, 5})}},
      {.name = "channels_last_bias", .arguments = {a({2, 3, 4, 5}, Layout::channels_last), b({1, 3, 1, 1})}},
      {.name = "large",
       .arguments = {a({70001}), b({70001})},
       .dtypes = p.dtypes,
       .golden = false,
       .differences = false},
  };
  if (p.numbers) {
    cases.push_back({.name = "right_integer", .arguments = {a({2, 5}), number(3)}, .dtypes = p.dtypes});
    cases.push_back({.name = "right_floating", .arguments = {a({2, 5}, Layout::sliced), number(2.5)}});
  }
  for (OpCase& c : cases) {
    c.exact = p.exact;
    c.second = p.second;
  }
  return cases;
}

}  // namespace cresset::test
