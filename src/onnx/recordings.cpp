#include "onnx/recordings.h"

#include <cresset/ops.h>

#include <algorithm>

#include "core/check.h"

namespace cresset::exporting {

void fail_at(const std::string& place, const std::string& message) {
  UnsupportedError error("export_onnx: " + message);
  error.add_context("in " + place);
  throw error;
}

bool Number::fixed() const {
  return std::all_of(at.begin(), at.end(), [&](std::int64_t v) { return v == at.front(); });
}
namespace {
template <class F>
Number combined(const Number& a, const Number& b, F f) {
  Number sum = a;
  for (std::size_t i = 0; i < sum.at.size(); ++i) sum.at[i] = f(a.at[i], b.at[i]);
  return sum;
}
}  // namespace
Number operator+(const Number& a, const Number& b) {
  return combined(a, b, [](std::int64_t x, std::int64_t y) { return x + y; });
}
Number operator-(const Number& a, const Number& b) {
  return combined(a, b, [](std::int64_t x, std::int64_t y) { return x - y; });
}
Number operator*(const Number& a, const Number& b) {
  return combined(a, b, [](std::int64_t x, std::int64_t y) { return x * y; });
}
Number fixed_number(std::int64_t value, std::size_t count) { return {std::vector<std::int64_t>(count, value)}; }

namespace {

// The same rows over again, or fewer of them.
Tensor resized(const Tensor& x, int dim, std::int64_t size) {
  std::vector<Tensor> parts;
  for (std::int64_t left = size; left > 0; left -= parts.back().size(dim))
    parts.push_back(x.narrow(dim, 0, std::min(left, x.size(dim))));
  return cat(parts, dim);
}

// The example with the size of each symbol as given.
std::vector<Tensor> example_at(const std::vector<Tensor>& example, const std::vector<Symbol>& symbols,
                               const std::vector<std::int64_t>& sizes) {
  std::vector<Tensor> inputs = example;
  for (std::size_t s = 0; s < symbols.size(); ++s)
    for (const Symbol::Axis& axis : symbols[s].axes)
      inputs[axis.input] = resized(inputs[axis.input], axis.dim, sizes[s]);
  return inputs;
}

std::string described(const std::vector<Symbol>& symbols, const std::vector<std::int64_t>& sizes,
                      const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t s = 0; s < symbols.size(); ++s)
    text += fmt::format("{}axis {} of \"{}\" is {}", text.empty() ? "" : ", ", symbols[s].axes[0].dim,
                        names[symbols[s].axes[0].input], sizes[s]);
  return text;
}

std::string place_of(const trace::Graph& graph, const trace::Node& node) {
  const trace::Scope& scope = graph.scopes[static_cast<std::size_t>(node.scope)];
  const std::string& root = graph.scopes.front().class_name;
  return scope.path.empty() ? root : fmt::format("{}.{} ({})", root, scope.path, scope.class_name);
}

bool same_elements(const Tensor& a, const Tensor& b) {
  if (a.is_same(b) || (a.is_view_of_same_storage(b) && a.storage_offset() == b.storage_offset() &&
                       a.shape() == b.shape() && a.strides() == b.strides()))
    return true;
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  return a.allclose(b, 0, 0, true);
}

}  // namespace

Recordings::Recordings(nn::ModuleBase& module, trace::Forward forward, const std::vector<Tensor>& example,
                       const std::vector<Symbol>& symbols, const std::vector<std::string>& input_names) {
  std::vector<std::int64_t> base;
  for (const Symbol& symbol : symbols)
    base.push_back(std::max<std::int64_t>(2, example[symbol.axes[0].input].size(symbol.axes[0].dim)));
  graphs_.push_back(trace::record(module, forward, example_at(example, symbols, base)));
  // Each size alone, then all of them by different amounts: a rule that fits all of these is taken for the rule. Where
  // the forward cannot take one more (it halves, say), it may take twice as many.
  std::vector<std::vector<std::int64_t>> others;
  for (std::size_t s = 0; s < symbols.size(); ++s) {
    others.push_back(base);
    others.back()[s] += 1;
  }
  if (!symbols.empty()) others.push_back(base);
  for (std::size_t s = 0; s < symbols.size(); ++s) others.back()[s] += 3 + 2 * static_cast<std::int64_t>(s);
  for (std::vector<std::int64_t> sizes : others) {
    const auto record = [&](const std::vector<std::int64_t>& at) {
      return trace::record(module, forward, example_at(example, symbols, at));
    };
    std::optional<trace::Graph> graph;
    try {
      graph = record(sizes);
    } catch (Error& error) {
      std::vector<std::int64_t> larger = sizes;
      for (std::size_t s = 0; s < larger.size(); ++s) larger[s] = base[s] + base[s] * (sizes[s] - base[s]);
      try {
        graph = record(larger);
      } catch (const Error&) {
        error.add_context("export_onnx: while recording the forward where " + described(symbols, sizes, input_names) +
                          "; the example alone did not fail");
      }
      if (!graph) throw;
      sizes = larger;
    }
    check_alike(*graph, described(symbols, sizes, input_names));
    graphs_.push_back(std::move(*graph));
  }
  fixed_.assign(first().values.size(), -1);
}

void Recordings::check_alike(const trace::Graph& other, const std::string& at) const {
  const trace::Graph& mine = first();
  for (std::size_t i = 0; i < std::max(mine.nodes.size(), other.nodes.size()); ++i) {
    const bool both = i < mine.nodes.size() && i < other.nodes.size();
    bool alike = both;
    if (both) {
      const trace::Node &a = mine.nodes[i], &b = other.nodes[i];
      alike =
          a.op == b.op && a.inputs == b.inputs && a.outputs == b.outputs && a.attributes.size() == b.attributes.size();
      for (std::size_t k = 0; alike && k < a.outputs.size(); ++k)
        alike = mine.values[static_cast<std::size_t>(a.outputs[k])].shape.size() ==
                other.values[static_cast<std::size_t>(b.outputs[k])].shape.size();
      for (std::size_t k = 0; alike && k < a.attributes.size(); ++k) {
        const auto *x = std::get_if<std::vector<std::int64_t>>(&a.attributes[k].second),
                   *y = std::get_if<std::vector<std::int64_t>>(&b.attributes[k].second);
        alike = a.attributes[k].first == b.attributes[k].first && (!x || (y && x->size() == y->size()));
      }
    }
    if (alike) continue;
    const trace::Graph& graph = i < mine.nodes.size() ? mine : other;
    fail_at(place_of(graph, graph.nodes[i]),
            fmt::format("the forward does something else where {}: its steps must not depend on the size of a dynamic "
                        "axis (step {} is {} here)",
                        at, i, graph.nodes[i].op));
  }
  check<UnsupportedError>(mine.outputs == other.outputs && mine.values.size() == other.values.size(),
                          "export_onnx: the forward gives other outputs where {}", at);
}

std::string Recordings::place(std::size_t node) const { return place_of(first(), first().nodes[node]); }

Number Recordings::size(int value, int dim) const {
  Number number;
  for (const trace::Graph& graph : graphs_)
    number.at.push_back(graph.values[static_cast<std::size_t>(value)].shape[dim]);
  return number;
}
std::vector<Number> Recordings::shape(int index) const {
  std::vector<Number> sizes;
  for (int d = 0; d < value(index).shape.size(); ++d) sizes.push_back(size(index, d));
  return sizes;
}
bool Recordings::has_fixed_shape(int value) const {
  const auto sizes = shape(value);
  return std::all_of(sizes.begin(), sizes.end(), [](const Number& n) { return n.fixed(); });
}

bool Recordings::is_fixed(int index) const {
  signed char& answer = fixed_[static_cast<std::size_t>(index)];
  if (answer < 0) {
    answer = value(index).constant;
    for (std::size_t i = 1; answer && i < graphs_.size(); ++i)
      answer = same_elements(value(index).tensor, graphs_[i].values[static_cast<std::size_t>(index)].tensor);
  }
  return answer > 0;
}

namespace {
const trace::Attribute* find(const trace::Node& node, const char* name) {
  for (const auto& [key, attribute] : node.attributes)
    if (key == name) return &attribute;
  return nullptr;
}
}  // namespace

const trace::Attribute* Recordings::attribute(std::size_t node, const char* name) const {
  return find(first().nodes[node], name);
}
std::vector<Number> Recordings::numbers(std::size_t node, const char* name) const {
  std::vector<Number> all(std::get<std::vector<std::int64_t>>(*attribute(node, name)).size());
  for (const trace::Graph& graph : graphs_) {
    const auto& list = std::get<std::vector<std::int64_t>>(*find(graph.nodes[node], name));
    for (std::size_t i = 0; i < list.size(); ++i) all[i].at.push_back(list[i]);
  }
  return all;
}
bool Recordings::is_fixed_attribute(std::size_t node, const char* name) const {
  const double mine = std::get<Scalar>(*attribute(node, name)).to_double();
  return std::all_of(graphs_.begin(), graphs_.end(), [&](const trace::Graph& graph) {
    return std::get<Scalar>(*find(graph.nodes[node], name)).to_double() == mine;
  });
}
std::optional<Number> Recordings::number(std::size_t node, const char* name) const {
  Number number;
  for (const trace::Graph& graph : graphs_) {
    const Scalar scalar = std::get<Scalar>(*find(graph.nodes[node], name));
    if (static_cast<double>(scalar.to_int64()) != scalar.to_double()) return {};
    number.at.push_back(scalar.to_int64());
  }
  return number;
}

}  // namespace cresset::exporting
