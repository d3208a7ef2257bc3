// Basic indexing, read and written. The items are written as in Python: "0, 1:3, None, ..., -1".
#include <sstream>

#include "cases/lists.h"

namespace cresset::test {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

Slice::Bound bound(const std::string& text) {
  return trimmed(text).empty() ? Slice::Bound() : Slice::Bound(std::stoll(text));
}

IndexItem item(const std::string& text) {
  if (text == "...") return Ellipsis;
  if (text == "None") return None;
  const auto first = text.find(':');
  if (first == std::string::npos) return std::stoll(text);
  const auto second = text.find(':', first + 1);
  const std::string stop = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  const Slice::Bound step = second == std::string::npos ? Slice::Bound() : bound(text.substr(second + 1));
  return Slice(bound(text.substr(0, first)), bound(stop), step.value_or(1));
}

std::vector<IndexItem> items(const Options& options) {
  std::vector<IndexItem> result;
  std::istringstream text(options.text("items", ""));
  for (std::string part; std::getline(text, part, ',');) result.push_back(item(trimmed(part)));
  return result;
}

Outputs call_index(const Arguments& in, const Options& o) { return {in[0].index(items(o))}; }
Outputs call_index_put(const Arguments& in, const Options& o) {
  const Tensor x = in[0].clone();
  return {in.is_number(1) ? x.index_put_(items(o), in.number(1)) : x.index_put_(items(o), in[1])};
}

OpCase read(const char* name, const Shape& shape, const char* text, std::vector<DType> dtypes = {kFloat32}) {
  return {.name = name, .arguments = {t(shape)}, .options = {{"items", text}}, .dtypes = dtypes, .exact = true};
}
OpCase written(const char* name, const Argument& x, const Argument& value, const char* text,
               std::vector<DType> dtypes = {kFloat32}) {
  return {.name = name, .arguments = {x, value}, .options = {{"items", text}}, .dtypes = dtypes, .exact = true};
}

}  // namespace

OpCases index_cases() {
  OpCases op{.name = "index", .call = call_index, .slots = {}};
  op.cases = {read("integer", {4, 3}, "2", kAllTypes),
              read("element", {2, 3, 4}, "1, 2, -1"),
              read("slice", {5, 3}, "1:4", kAllTypes),
              read("step", {7, 3}, "1::2"),
              read("negative_bounds", {4, 6}, ":, -4:-1"),
              read("past_the_end", {3, 4}, "1:9"),
              read("nothing_left", {3, 4}, "5:9"),
              read("ellipsis", {2, 3, 4}, "..., 1"),
              read("none", {2, 3}, "None, ..., None"),
              read("mixed", {3, 4, 5}, "0, None, ::3, ..., 1:3"),
              {.name = "sliced", .arguments = {t({4, 6}, Layout::sliced)}, .options = {{"items", "1:3, ::2"}}},
              {.name = "transposed", .arguments = {t({4, 6}, Layout::transposed)}, .options = {{"items", "-1, 2:"}}},
              {.name = "expanded", .arguments = {t({4, 6}, Layout::expanded)}, .options = {{"items", "1:3, 0"}}},
              {.name = "channels_last",
               .arguments = {t({2, 3, 4, 5}, Layout::channels_last)},
               .options = {{"items", ":, 1:, ::2"}}}};
  op.errors = {{.name = "out_of_bounds",
                .arguments = {t({2, 3})},
                .options = {{"items", "0, 3"}},
                .type = ErrorType::index,
                .message = "index: index 3 is out of bounds for dimension 1 with size 3"},
               {.name = "too_many",
                .arguments = {t({2, 3})},
                .options = {{"items", "0, 0, 0"}},
                .type = ErrorType::index,
                .message = "index: too many indices for tensor of dimension 2 (got 3)"},
               {.name = "step_of_zero",
                .arguments = {t({2, 3})},
                .options = {{"items", "::0"}},
                .type = ErrorType::value,
                .message = "index: slice step must be positive, got 0"}};
  return op;
}

OpCases index_put_in_place_cases() {
  OpCases op{.name = "index_put_", .call = call_index_put, .slots = {"copy"}};
  op.cases = {written("rows", t({4, 3}), t({3}), "1", kAllTypes),
              written("block", t({4, 5}), t({2, 2}), "1:3, ::3", kAllTypes),
              written("broadcast", t({3, 4, 5}), t({4, 1}), "..., 1:4"),
              written("ones_in_front", t({4, 3}), t({1, 1, 3}), "1"),
              written("element", t({3, 4}), t({}), "-1, 2"),
              written("number", t({3, 4}), number(2), ":, 1::2", kFloats),
              written("nothing", t({3, 4}), t({1}), "3:, 0"),
              written("converted", t({3, 4}), t({4}, {.dtype = kFloat64}), "0"),
              written("sliced", t({3, 4}, Layout::sliced), t({3}), ":, 2"),
              written("channels_last", t({2, 3, 4, 5}, Layout::channels_last), t({2, 4, 5}), ":, 1")};
  op.errors = {{.name = "shape",
                .arguments = {t({4, 3}), t({2})},
                .options = {{"items", "1"}},
                .message = "index_put_: shape mismatch: value tensor of shape [2] cannot be broadcast to indexing "
                           "result of shape [3]"}};
  return op;
}

}  // namespace cresset::test
