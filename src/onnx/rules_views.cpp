// Shapes, parts of tensors, and tensors made from numbers.
#include <cresset/ops.h>

#include <algorithm>

#include "onnx/rules.h"

namespace cresset::exporting {
namespace {

bool all_fixed(const std::vector<Number>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](const Number& n) { return n.fixed(); });
}

// The target sizes as Reshape takes them: a size that varies is that of the input at the same place (0) as long as all
// sizes before are the same, and one more may be what is left (-1). More than that is computed.
void reshape(Lowering& l) {
  const auto to = l.numbers("shape");
  const auto from = l.recordings().shape(l.input(0));
  const std::string x = l.operand(0);
  if (all_fixed(to)) {
    std::vector<std::int64_t> sizes;
    for (const Number& n : to) sizes.push_back(n.value());
    // A size of 0 would stand for the input's.
    const bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
    return l.give(l.emit("Reshape", {x, l.ints(sizes)},
                         empty && l.opset() >= 14 ? OnnxAttributes{{"allowzero", std::int64_t{1}}} : OnnxAttributes{}));
  }
  std::vector<std::int64_t> sizes;
  int left = 0;
  for (std::size_t d = 0; d < to.size(); ++d) {
    if (to[d].fixed() && to[d].value() != 0) {
      sizes.push_back(to[d].value());
    } else if (d < from.size() && from[d] == to[d] &&
               std::equal(to.begin(), to.begin() + static_cast<long>(d), from.begin())) {
      sizes.push_back(0);
    } else {
      sizes.push_back(-1);
      ++left;
    }
  }
  // With every size kept or fixed but the first: that one is what is left, as PyTorch users write it.
  if (left <= 1) return l.give(l.emit("Reshape", {x, l.ints(sizes)}));
  l.give(l.emit("Reshape", {x, l.list_of(to)}));
}

void permute(Lowering& l) {
  const auto dims = l.fixed_list("dims");
  const bool moves = !std::is_sorted(dims.begin(), dims.end());
  l.give(moves ? l.emit("Transpose", {l.operand(0)}, {{"perm", dims}}) : l.operand(0));
}

void squeeze(Lowering& l) {
  const auto dims = l.fixed_list("dims");
  l.give(dims.empty() ? l.operand(0) : l.emit("Squeeze", {l.operand(0), l.ints(dims)}));
}
void unsqueeze(Lowering& l) {
  const std::string x = l.operand(0);
  l.give(l.emit("Unsqueeze", {x, l.ints({l.fixed("dim")})}));
}

// A size of 1 keeps the input's.
void expand(Lowering& l) {
  auto to = l.numbers("shape");
  const auto from = l.recordings().shape(l.input(0));
  const std::size_t added = to.size() - from.size();
  for (std::size_t d = 0; d < from.size(); ++d)
    if (to[d + added] == from[d]) to[d + added] = fixed_number(1, l.recordings().count());
  const std::string x = l.operand(0);
  l.give(l.emit("Expand", {x, l.list_of(to)}));
}

// A place along a dimension whose size varies, counted from the end where that is fixed.
std::string place(Lowering& l, const Number& at, const Number& size, bool is_end) {
  if (is_end && at == size) return l.ints(std::vector{INT64_MAX});
  if (at.fixed()) return l.ints({at.value()});
  const Number from_end = at - size;
  if (from_end.fixed() && from_end.value() < 0) return l.ints({from_end.value()});
  return l.list_of({at});
}

std::string sliced(Lowering& l, const std::string& x, const Number& size, const Number& start, const Number& end,
                   std::int64_t dim, std::int64_t step) {
  const std::string first = place(l, start, size, false), last = place(l, end, size, true);
  return l.emit("Slice", {x, first, last, l.ints({dim}), l.ints({step})});
}

void slice(Lowering& l) {
  const std::int64_t dim = l.fixed("dim");
  const Number size = l.recordings().size(l.input(0), static_cast<int>(dim));
  const std::string x = l.operand(0);
  l.give(sliced(l, x, size, l.number("start"), l.number("end"), dim, l.fixed("step")));
}

void select(Lowering& l) {
  const std::int64_t dim = l.fixed("dim");
  const Number index = l.number("index"), size = l.recordings().size(l.input(0), static_cast<int>(dim));
  const std::string x = l.operand(0);
  std::string at;
  if (index.fixed())
    at = l.constant(index.value(), kInt64);
  else
    at = l.emit("Squeeze", {place(l, index, size, false), l.ints({0})});
  l.give(l.emit("Gather", {x, at}, {{"axis", dim}}));
}

// The whole with a part replaced: what is before, the part, what is behind.
std::string joined(Lowering& l, const std::string& whole, const std::string& part, std::int64_t dim,
                   const Number& start, const Number& end) {
  const Number size = l.recordings().size(l.input(0), static_cast<int>(dim));
  const Number zero = fixed_number(0, l.recordings().count());
  std::vector<std::string> parts;
  if (start != zero) parts.push_back(sliced(l, whole, size, zero, start, dim, 1));
  parts.push_back(part);
  if (end != size) parts.push_back(sliced(l, whole, size, end, size, dim, 1));
  return parts.size() == 1 ? part : l.emit("Concat", parts, {{"axis", dim}});
}

void slice_scatter(Lowering& l) {
  const std::int64_t dim = l.fixed("dim"), step = l.fixed("step");
  const std::string whole = l.operand(0), part = l.operand(1);
  if (step == 1) return l.give(joined(l, whole, part, dim, l.number("start"), l.number("end")));
  // Rows scattered by their numbers, with the dimension in front.
  std::vector<std::int64_t> order{dim}, back(l.rank(l.input(0)));
  for (std::size_t d = 0; d < back.size(); ++d)
    if (static_cast<std::int64_t>(d) != dim) order.push_back(static_cast<std::int64_t>(d));
  for (std::size_t d = 0; d < back.size(); ++d) back[static_cast<std::size_t>(order[d])] = static_cast<std::int64_t>(d);
  const std::string rows = l.constant(arange(l.fixed("start"), l.fixed("end"), step).unsqueeze(1));
  const std::string scattered = l.emit("ScatterND", {l.emit("Transpose", {whole}, {{"perm", order}}), rows,
                                                     l.emit("Transpose", {part}, {{"perm", order}})});
  l.give(l.emit("Transpose", {scattered}, {{"perm", back}}));
}

void select_scatter(Lowering& l) {
  const std::int64_t dim = l.fixed("dim");
  const Number index = l.number("index");
  const std::string whole = l.operand(0), part = l.operand(1);
  l.give(joined(l, whole, l.emit("Unsqueeze", {part, l.ints({dim})}), dim, index,
                index + fixed_number(1, l.recordings().count())));
}

void cat(Lowering& l) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < l.node().inputs.size(); ++i) parts.push_back(l.operand(i));
  l.give(parts.size() == 1 ? parts[0] : l.emit("Concat", parts, {{"axis", l.fixed("dim")}}));
}

void full(Lowering& l) {
  const std::string value = l.number_as("value", l.dtype("dtype"));
  l.give(l.emit("Expand", {value, l.list_of(l.numbers("shape"))}));
}

void arange(Lowering& l) {
  const DType wide = l.scalar("start").is_floating_point() || l.scalar("end").is_floating_point() ||
                             l.scalar("step").is_floating_point()
                         ? kFloat64
                         : kInt64;
  const std::string start = l.number_as("start", wide), end = l.number_as("end", wide),
                    step = l.number_as("step", wide);
  const std::string y = l.emit("Range", {start, end, step});
  l.give(l.out().dtype == wide ? y : l.cast(y, l.out().dtype));
}

}  // namespace

void add_view_rules(Rules& rules) {
  rules.insert({{"reshape", reshape},
                {"permute", permute},
                {"squeeze", squeeze},
                {"unsqueeze", unsqueeze},
                {"expand", expand},
                {"slice", slice},
                {"select", select},
                {"slice_scatter", slice_scatter},
                {"select_scatter", select_scatter},
                {"cat", cat},
                {"full", full},
                {"arange", arange}});
}

}  // namespace cresset::exporting
