// Views, and what is a view where possible. Their values are copies of elements, so that all is exact.
#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

Shape shape_of(const Options& o, const char* name) { return Shape(o.list(name)); }
Dims dims_of(const Options& o, const char* name) {
  const auto list = o.list(name);
  return Dims(list.data(), list.size());
}

OpCases view_op(const char* name, OpCall call, std::vector<OpCase> cases, std::vector<ErrorCase> errors = {}) {
  OpCases op{.name = name,
             .call = call,
             .slots = {},
             .ulps = 0,
             .grad_ulps = 0,
             .cases = std::move(cases),
             .errors = std::move(errors)};
  for (OpCase& c : op.cases) c.exact = true;
  op.cases.front().dtypes = kAllTypes;
  return op;
}

const Layout kLast = Layout::channels_last, kSliced = Layout::sliced, kTransposed = Layout::transposed,
             kExpanded = Layout::expanded;

}  // namespace

OpCases view_op_cases() {
  return view_op(
      "view", [](const Arguments& in, const Options& o) { return Outputs{in[0].view(shape_of(o, "size"))}; },
      {{.name = "plain", .arguments = {t({2, 6})}, .options = {{"size", {3, 4}}}},
       {.name = "inferred", .arguments = {t({2, 3, 4})}, .options = {{"size", {-1, 4}}}},
       {.name = "empty", .arguments = {t({0, 3})}, .options = {{"size", {3, 0}}}},
       {.name = "to_number", .arguments = {t({1, 1})}, .options = {{"size", {}}}, .golden = false},
       {.name = "sliced", .arguments = {t({2, 6}, kSliced)}, .options = {{"size", {2, 2, 3}}}},
       {.name = "expanded", .arguments = {t({3, 4}, kExpanded)}, .options = {{"size", {3, 2, 2}}}}},
      {{.name = "spans",
        .arguments = {t({2, 3}, kTransposed)},
        .options = {{"size", {6}}},
        .message = "view: view size is not compatible with input tensor's size and stride (at least one dimension "
                   "spans across two contiguous subspaces). Use .reshape(...) instead. (size [2, 3], stride [1, 2], "
                   "view [6])"},
       {.name = "numbers",
        .arguments = {t({2, 3})},
        .options = {{"size", {4}}},
        .message = "view: shape '[4]' is invalid for input of size 6"},
       {.name = "two_inferred",
        .arguments = {t({2, 3})},
        .options = {{"size", {-1, -1}}},
        .message = "view: only one dimension can be inferred, got shape [-1, -1]"},
       {.name = "negative",
        .arguments = {t({2, 3})},
        .options = {{"size", {-2, 3}}},
        .message = "view: invalid shape dimension -2 in [-2, 3]"},
       {.name = "ambiguous",
        .arguments = {t({0, 3})},
        .options = {{"size", {-1, 0}}},
        .message =
            "view: cannot reshape tensor of 0 elements into shape [-1, 0] because the unspecified dimension size "
            "-1 can be any value and is ambiguous"}});
}

OpCases reshape_cases() {
  return view_op("reshape",
                 [](const Arguments& in, const Options& o) { return Outputs{reshape(in[0], shape_of(o, "shape"))}; },
                 {{.name = "plain", .arguments = {t({2, 6})}, .options = {{"shape", {3, 4}}}},
                  {.name = "copied", .arguments = {t({4, 3}, kTransposed)}, .options = {{"shape", {2, -1}}}},
                  {.name = "channels_last", .arguments = {t({2, 3, 2, 2}, kLast)}, .options = {{"shape", {2, 12}}}}});
}

OpCases flatten_cases() {
  return view_op("flatten",
                 [](const Arguments& in, const Options& o) {
                   return Outputs{flatten(in[0], o.integer("start_dim", 0), o.integer("end_dim", -1))};
                 },
                 {{.name = "plain", .arguments = {t({2, 3, 4})}},
                  {.name = "from_one", .arguments = {t({2, 3, 4})}, .options = {{"start_dim", 1}}},
                  {.name = "number", .arguments = {t({})}},
                  {.name = "copied", .arguments = {t({2, 3, 2, 2}, kLast)}, .options = {{"start_dim", 1}}}},
                 {{.name = "order",
                   .arguments = {t({2, 3})},
                   .options = {{"start_dim", 1}, {"end_dim", 0}},
                   .type = ErrorType::value,
                   .message = "flatten: has invalid args: start_dim cannot come after end_dim (start 1, end 0)"}});
}

OpCases unflatten_cases() {
  return view_op("unflatten",
                 [](const Arguments& in, const Options& o) {
                   return Outputs{in[0].unflatten(o.integer("dim", 0), shape_of(o, "sizes"))};
                 },
                 {{.name = "plain", .arguments = {t({2, 6})}, .options = {{"dim", 1}, {"sizes", {2, -1}}}},
                  {.name = "sliced", .arguments = {t({4, 3}, kSliced)}, .options = {{"dim", 0}, {"sizes", {2, 2}}}}},
                 {{.name = "number",
                   .arguments = {t({})},
                   .options = {{"dim", 0}, {"sizes", {1}}},
                   .message = "unflatten: cannot be applied to a 0-dim tensor"}});
}

OpCases permute_cases() {
  return view_op("permute",
                 [](const Arguments& in, const Options& o) { return Outputs{in[0].permute(dims_of(o, "dims"))}; },
                 {{.name = "plain", .arguments = {t({2, 3, 4})}, .options = {{"dims", {2, 0, 1}}}},
                  {.name = "negative", .arguments = {t({2, 3, 4}, kSliced)}, .options = {{"dims", {0, -1, 1}}}}},
                 {{.name = "twice",
                   .arguments = {t({2, 3})},
                   .options = {{"dims", {1, 1}}},
                   .type = ErrorType::value,
                   .message = "permute: duplicate dims are not allowed, got [1, 1]"},
                  {.name = "too_few",
                   .arguments = {t({2, 3})},
                   .options = {{"dims", {1}}},
                   .message = "permute: the number of dimensions in the tensor input does not match the length of the "
                              "desired ordering of dimensions i.e. input.dim() = 2 is not equal to len(dims) = 1"}});
}

OpCases transpose_cases() {
  return view_op("transpose",
                 [](const Arguments& in, const Options& o) {
                   return Outputs{in[0].transpose(o.integer("dim0", 0), o.integer("dim1", 0))};
                 },
                 {{.name = "plain", .arguments = {t({2, 3, 4})}, .options = {{"dim0", 0}, {"dim1", 2}}},
                  {.name = "negative", .arguments = {t({2, 3, 4})}, .options = {{"dim0", -1}, {"dim1", -2}}},
                  {.name = "number", .arguments = {t({})}, .options = {{"dim0", 0}, {"dim1", -1}}}});
}

OpCases t_cases() {
  return view_op("t", [](const Arguments& in, const Options&) { return Outputs{in[0].t()}; },
                 {{.name = "plain", .arguments = {t({2, 3})}},
                  {.name = "vector", .arguments = {t({3})}},
                  {.name = "number", .arguments = {t({})}}},
                 {{.name = "dims",
                   .arguments = {t({2, 3, 4})},
                   .message = "t: expects a tensor with <= 2 dimensions, but self is 3D"}});
}
OpCases capital_t_cases() {
  return view_op("T", [](const Arguments& in, const Options&) { return Outputs{in[0].T()}; },
                 {{.name = "plain", .arguments = {t({2, 3, 4})}}});
}
OpCases mt_cases() {
  return view_op("mT", [](const Arguments& in, const Options&) { return Outputs{in[0].mT()}; },
                 {{.name = "plain", .arguments = {t({2, 3, 4})}}});
}

OpCases squeeze_cases() {
  return view_op("squeeze",
                 [](const Arguments& in, const Options& o) {
                   return Outputs{o.has("dim") ? in[0].squeeze(dims_of(o, "dim")) : in[0].squeeze()};
                 },
                 {{.name = "plain", .arguments = {t({1, 3, 1})}},
                  {.name = "one", .arguments = {t({1, 3, 1})}, .options = {{"dim", -1}}},
                  {.name = "none", .arguments = {t({1, 3, 1})}, .options = {{"dim", 1}}},
                  {.name = "some", .arguments = {t({1, 3, 1, 1})}, .options = {{"dim", {0, 1, 2}}}}});
}
OpCases unsqueeze_cases() {
  return view_op("unsqueeze",
                 [](const Arguments& in, const Options& o) { return Outputs{in[0].unsqueeze(o.integer("dim", 0))}; },
                 {{.name = "plain", .arguments = {t({2, 3})}, .options = {{"dim", 1}}},
                  {.name = "last", .arguments = {t({2, 3}, kSliced)}, .options = {{"dim", -1}}},
                  {.name = "first", .arguments = {t({})}, .options = {{"dim", 0}}}},
                 {{.name = "no_such_dim",
                   .arguments = {t({2, 3})},
                   .options = {{"dim", 3}},
                   .type = ErrorType::index,
                   .message = "Dimension out of range (expected to be in range of [-3, 2], but got 3)"}});
}

OpCases expand_cases() {
  return view_op(
      "expand", [](const Arguments& in, const Options& o) { return Outputs{in[0].expand(shape_of(o, "size"))}; },
      {{.name = "plain", .arguments = {t({2, 1})}, .options = {{"size", {2, 3}}}},
       {.name = "kept", .arguments = {t({2, 1})}, .options = {{"size", {4, -1, 3}}}},
       {.name = "number", .arguments = {t({})}, .options = {{"size", {2, 2}}}},
       {.name = "to_none", .arguments = {t({1, 2})}, .options = {{"size", {0, 2}}}}},
      {{.name = "sizes",
        .arguments = {t({2, 3})},
        .options = {{"size", {2, 4}}},
        .message = "expand: The expanded size of the tensor (4) must match the existing size (3) at non-singleton "
                   "dimension 1. Target sizes: [2, 4]. Tensor sizes: [2, 3]"},
       {.name = "too_few",
        .arguments = {t({2, 3})},
        .options = {{"size", {3}}},
        .message =
            "expand: the number of sizes provided (1) must be greater or equal to the number of dimensions in the "
            "tensor (2)"},
       {.name = "nothing_to_keep",
        .arguments = {t({3})},
        .options = {{"size", {-1, 3}}},
        .message =
            "expand: the expanded size of the tensor (-1) isn't allowed in dimension 0 (requested shape [-1, 3], "
            "tensor [3])"}});
}

OpCases narrow_cases() {
  return view_op("narrow",
                 [](const Arguments& in, const Options& o) {
                   return Outputs{in[0].narrow(o.integer("dim", 0), o.integer("start", 0), o.integer("length", 0))};
                 },
                 {{.name = "plain", .arguments = {t({4, 3})}, .options = {{"dim", 0}, {"start", 1}, {"length", 2}}},
                  {.name = "negative", .arguments = {t({4, 3})}, .options = {{"dim", 1}, {"start", -2}, {"length", 2}}},
                  {.name = "none", .arguments = {t({4, 3})}, .options = {{"dim", 0}, {"start", 4}, {"length", 0}}}},
                 {{.name = "too_long",
                   .arguments = {t({4, 3})},
                   .options = {{"dim", 0}, {"start", 2}, {"length", 3}},
                   .type = ErrorType::index,
                   .message = "narrow: start (2) + length (3) exceeds dimension size (4)"},
                  {.name = "outside",
                   .arguments = {t({4, 3})},
                   .options = {{"dim", 0}, {"start", 5}, {"length", 0}},
                   .type = ErrorType::index,
                   .message = "narrow: start out of range (expected to be in range of [-4, 4], but got 5)"},
                  {.name = "negative_length",
                   .arguments = {t({4, 3})},
                   .options = {{"dim", 0}, {"start", 2}, {"length", -1}},
                   .type = ErrorType::value,
                   .message = "narrow: length must be non-negative, got -1"},
                  {.name = "number",
                   .arguments = {t({})},
                   .options = {{"dim", 0}, {"start", 0}, {"length", 0}},
                   .message = "narrow: cannot be applied to a 0-dim tensor"}});
}
OpCases select_cases() {
  return view_op("select",
                 [](const Arguments& in, const Options& o) {
                   return Outputs{in[0].select(o.integer("dim", 0), o.integer("index", 0))};
                 },
                 {{.name = "plain", .arguments = {t({2, 3})}, .options = {{"dim", 1}, {"index", 2}}},
                  {.name = "negative", .arguments = {t({4, 3}, kTransposed)}, .options = {{"dim", 0}, {"index", -1}}}},
                 {{.name = "outside",
                   .arguments = {t({2, 3})},
                   .options = {{"dim", 1}, {"index", 3}},
                   .type = ErrorType::index,
                   .message = "select: index 3 is out of bounds for dimension 1 with size 3"}});
}
OpCases slice_cases() {
  return view_op("slice",
                 [](const Arguments& in, const Options& o) {
                   return Outputs{in[0].slice(o.integer("dim", 0), o.maybe_integer("start"), o.maybe_integer("end"),
                                              o.integer("step", 1))};
                 },
                 {{.name = "plain", .arguments = {t({2, 7})}, .options = {{"dim", 1}, {"start", 1}, {"step", 2}}},
                  {.name = "clipped", .arguments = {t({5})}, .options = {{"dim", 0}, {"start", -9}, {"end", 9}}},
                  {.name = "none", .arguments = {t({5})}, .options = {{"dim", 0}, {"start", 3}, {"end", 2}}},
                  {.name = "from_the_end",
                   .arguments = {t({5, 2}, kSliced)},
                   .options = {{"dim", 0}, {"start", -3}, {"end", -1}}}},
                 {{.name = "backwards",
                   .arguments = {t({5})},
                   .options = {{"dim", 0}, {"step", -1}},
                   .type = ErrorType::value,
                   .message = "slice: step must be positive, got -1"},
                  {.name = "number", .arguments = {t({})}, .message = "slice: cannot be applied to a 0-dim tensor"}});
}
OpCases chunk_cases() {
  return view_op(
      "chunk",
      [](const Arguments& in, const Options& o) { return in[0].chunk(o.integer("chunks", 1), o.integer("dim", 0)); },
      {{.name = "plain", .arguments = {t({5, 2})}, .options = {{"chunks", 2}}},
       {.name = "fewer", .arguments = {t({2, 5})}, .options = {{"chunks", 4}, {"dim", 1}}}},
      {{.name = "none",
        .arguments = {t({5})},
        .options = {{"chunks", 0}},
        .type = ErrorType::value,
        .message = "chunk: expects chunks to be greater than 0, got 0"}});
}
OpCases split_cases() {
  return view_op(
      "split",
      [](const Arguments& in, const Options& o) {
        const auto sizes = o.list("split_size_or_sections");
        const std::int64_t dim = o.integer("dim", 0);
        return sizes.size() == 1 ? in[0].split(sizes[0], dim) : in[0].split(sizes, dim);
      },
      {{.name = "plain", .arguments = {t({5, 2})}, .options = {{"split_size_or_sections", 2}}},
       {.name = "sizes", .arguments = {t({2, 5})}, .options = {{"split_size_or_sections", {1, 0, 4}}, {"dim", 1}}}},
      {{.name = "sum",
        .arguments = {t({5})},
        .options = {{"split_size_or_sections", {1, 3}}},
        .type = ErrorType::value,
        .message = "split: the sizes must add up to 5, the size of dimension 0, got 4"},
       {.name = "negative_part",
        .arguments = {t({5})},
        .options = {{"split_size_or_sections", {6, -1}}},
        .type = ErrorType::value,
        .message = "split: sizes must not be negative, got -1"},
       {.name = "size_of_zero",
        .arguments = {t({5})},
        .options = {{"split_size_or_sections", 0}},
        .type = ErrorType::value,
        .message = "split: split_size must be positive, got 0"}});
}
OpCases unbind_cases() {
  return view_op("unbind", [](const Arguments& in, const Options& o) { return in[0].unbind(o.integer("dim", 0)); },
                 {{.name = "plain", .arguments = {t({3, 2})}},
                  {.name = "last", .arguments = {t({3, 2})}, .options = {{"dim", -1}}}});
}

}  // namespace cresset::test
