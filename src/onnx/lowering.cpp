#include "onnx/lowering.h"

#include <cresset/ops.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"

namespace cresset::exporting {

::onnx::TensorProto_DataType onnx_type(DType dtype) {
  constexpr ::onnx::TensorProto_DataType types[kDTypes] = {
      ::onnx::TensorProto_DataType_FLOAT,    ::onnx::TensorProto_DataType_DOUBLE, ::onnx::TensorProto_DataType_FLOAT16,
      ::onnx::TensorProto_DataType_BFLOAT16, ::onnx::TensorProto_DataType_INT64,  ::onnx::TensorProto_DataType_INT32,
      ::onnx::TensorProto_DataType_UINT8,    ::onnx::TensorProto_DataType_BOOL};
  return types[static_cast<int>(dtype)];
}

Lowering::Lowering(const Recordings& recordings, const GraphOptions& options, ::onnx::GraphProto& graph)
    : recordings_(recordings), options_(options), graph_(graph) {
  const trace::Graph& first = recordings_.first();
  for (std::size_t i = 0; i < first.nodes.size(); ++i)
    for (const int value : first.nodes[i].outputs) maker_[value] = i;
}

void Lowering::run() {
  const trace::Graph& first = recordings_.first();
  // Backwards: what is needed for the outputs, through what is not folded away.
  std::vector<int> wanted = first.outputs;
  std::set<std::size_t> needed;
  while (!wanted.empty()) {
    const int value = wanted.back();
    wanted.pop_back();
    if (!used_.insert(value).second) continue;
    const auto maker = maker_.find(value);
    if (maker == maker_.end() || (options_.fold && recordings_.is_fixed(value))) continue;
    needed.insert(maker->second);
    for (const int input : first.nodes[maker->second].inputs)
      if (input >= 0) wanted.push_back(input);
  }
  add_inputs();
  for (const std::size_t node : needed) lower(node);
  add_outputs();
}

void Lowering::lower(std::size_t node) {
  at_ = node;
  const Rule rule = rule_of(this->node().op);
  if (!rule) fail(fmt::format("{} has no ONNX form", this->node().op));
  rule(*this);
  for (const int value : this->node().outputs)
    if (names_.contains(value)) available_.push_back(value);
}

void Lowering::add_inputs() {
  const trace::Graph& first = recordings_.first();
  for (std::size_t i = 0; i < first.inputs.size(); ++i) {
    names_[first.inputs[i]] = options_.input_names[i];
    available_.push_back(first.inputs[i]);
    describe(*graph_.add_input(), options_.input_names[i], first.inputs[i]);
  }
}

// An output takes the name asked for; where it has to keep its own (it is an input, a weight, or given twice), a copy
// does.
void Lowering::add_outputs() {
  const trace::Graph& first = recordings_.first();
  std::map<std::string, std::string> renamed;
  std::set<std::string> made;
  for (const auto& node : graph_.node())
    for (const auto& name : node.output()) made.insert(name);
  at_ = recordings_.first().nodes.size();  // names of copies are the root's
  std::vector<std::pair<std::string, std::string>> copies;
  for (std::size_t i = 0; i < first.outputs.size(); ++i) {
    const std::string& wanted = options_.output_names[i];
    const std::string name = name_of(first.outputs[i]);
    if (!made.contains(name) || !renamed.emplace(name, wanted).second) copies.emplace_back(name, wanted);
    describe(*graph_.add_output(), wanted, first.outputs[i]);
  }
  for (auto& node : *graph_.mutable_node()) {
    for (auto* names : {node.mutable_input(), node.mutable_output()})
      for (std::string& name : *names)
        if (const auto to = renamed.find(name); to != renamed.end()) name = to->second;
  }
  for (const auto& [from, to] : copies) {
    ::onnx::NodeProto& copy = *graph_.add_node();
    copy.set_op_type("Identity");
    copy.set_name("/Identity" + (copies.size() > 1 ? "_" + to : std::string()));
    copy.add_input(renamed.contains(from) ? renamed.at(from) : from);
    copy.add_output(to);
  }
}

void Lowering::describe(::onnx::ValueInfoProto& info, const std::string& name, int value) {
  info.set_name(name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx_type(recordings_.value(value).dtype));
  auto& shape = *type.mutable_shape();
  const auto sizes = recordings_.shape(value);
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    auto& dim = *shape.add_dim();
    if (sizes[d].fixed()) {
      dim.set_dim_value(sizes[d].value());
      continue;
    }
    const auto named = options_.named.find(name);
    const auto axis = named == options_.named.end() ? std::map<std::int64_t, std::string>::const_iterator{}
                                                    : named->second.find(static_cast<std::int64_t>(d));
    std::string word;
    if (named != options_.named.end() && axis != named->second.end()) word = axis->second;
    for (const Symbol& symbol : options_.symbols)
      if (word.empty() &&
          recordings_.size(recordings_.first().inputs[symbol.axes[0].input], symbol.axes[0].dim) == sizes[d])
        word = symbol.name;
    dim.set_dim_param(word.empty() ? fmt::format("{}_dim_{}", name, d) : word);
  }
}

// ---- names

// As PyTorch's exporter has them: "/layer1/layer1.0/conv1". A module that a container numbers takes the container's
// name before its number.
std::string Lowering::scope_name(int index) const {
  const auto& scopes = recordings_.first().scopes;
  std::string name;
  for (int i = index; i != 0; i = scopes[static_cast<std::size_t>(i)].parent) {
    const std::string& path = scopes[static_cast<std::size_t>(i)].path;
    std::size_t start = path.size();
    for (;;) {
      const std::size_t dot = start == 0 ? std::string::npos : path.rfind('.', start - 1);
      const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
      const std::string part = path.substr(begin, path.find('.', begin) - begin);
      start = begin;
      if (begin == 0 || part.find_first_not_of("0123456789") != std::string::npos) break;
      start = begin - 1;
    }
    name = '/' + path.substr(start) + name;
  }
  return name;
}

std::string Lowering::fresh_name(const std::string& op_type) {
  const bool inside = at_ < recordings_.first().nodes.size();
  const std::string name = (inside ? scope_name(node().scope) : std::string()) + '/' + op_type;
  const int before = counts_[name]++;
  return before == 0 ? name : fmt::format("{}_{}", name, before);
}

std::string Lowering::name_of(int value) {
  const auto known = names_.find(value);
  if (known != names_.end()) return known->second;
  const trace::Value& v = recordings_.value(value);
  if (!recordings_.is_fixed(value))
    fail("a tensor that the forward makes by itself depends on the size of a dynamic axis");
  // An output of the graph that is constant is read by the copy that gives it its name.
  const bool inside = at_ < recordings_.first().nodes.size();
  std::string name = v.name.empty() ? weight(v.tensor, inside ? node().op.c_str() : "Identity") : v.name;
  if (!v.name.empty()) {
    ::onnx::TensorProto& proto = *graph_.add_initializer();
    proto.set_name(name);
    weights_.push_back({&proto, v.tensor});
  }
  return names_[value] = name;
}

std::string Lowering::weight(const Tensor& tensor, const char* reader) {
  ::onnx::TensorProto& proto = *graph_.add_initializer();
  proto.set_name(fmt::format("onnx::{}_{}", reader, folded_++));
  weights_.push_back({&proto, tensor});
  return proto.name();
}

// ---- nodes

std::vector<std::string> Lowering::emit_many(const char* op_type, std::size_t outputs,
                                             const std::vector<std::string>& inputs, const OnnxAttributes& attributes) {
  ::onnx::NodeProto& made = *graph_.add_node();
  made.set_op_type(op_type);
  made.set_name(fresh_name(op_type));
  std::size_t count = inputs.size();
  while (count > 0 && inputs[count - 1].empty()) --count;  // optional ones at the end
  for (std::size_t i = 0; i < count; ++i) made.add_input(inputs[i]);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outputs; ++i) {
    names.push_back(fmt::format("{}_output_{}", made.name(), i));
    made.add_output(names.back());
  }
  for (const auto& [key, value] : attributes) {
    ::onnx::AttributeProto& attribute = *made.add_attribute();
    attribute.set_name(key);
    if (const auto* i = std::get_if<std::int64_t>(&value)) {
      attribute.set_type(::onnx::AttributeProto_AttributeType_INT);
      attribute.set_i(*i);
    } else if (const auto* f = std::get_if<double>(&value)) {
      attribute.set_type(::onnx::AttributeProto_AttributeType_FLOAT);
      attribute.set_f(static_cast<float>(*f));
    } else if (const auto* s = std::get_if<std::string>(&value)) {
      attribute.set_type(::onnx::AttributeProto_AttributeType_STRING);
      attribute.set_s(*s);
    } else {
      attribute.set_type(::onnx::AttributeProto_AttributeType_INTS);
      for (const std::int64_t v : std::get<std::vector<std::int64_t>>(value)) attribute.add_ints(v);
    }
  }
  return names;
}

std::string Lowering::emit(const char* op_type, const std::vector<std::string>& inputs,
                           const OnnxAttributes& attributes) {
  return emit_many(op_type, 1, inputs, attributes)[0];
}

std::string Lowering::constant(const Tensor& tensor) {
  ::onnx::NodeProto& made = *graph_.add_node();
  made.set_op_type("Constant");
  made.set_name(fresh_name("Constant"));
  made.add_output(made.name() + "_output_0");
  ::onnx::AttributeProto& attribute = *made.add_attribute();
  attribute.set_name("value");
  attribute.set_type(::onnx::AttributeProto_AttributeType_TENSOR);
  ::onnx::TensorProto& proto = *attribute.mutable_t();
  proto.set_data_type(onnx_type(tensor.dtype()));
  for (const std::int64_t size : tensor.shape()) proto.add_dims(size);
  const Tensor dense = tensor.cpu().contiguous();
  proto.set_raw_data(dense.data_ptr(), static_cast<std::size_t>(dense.numel()) * dense.element_size());
  return made.output(0);
}
std::string Lowering::ints(const std::vector<std::int64_t>& list) {
  Tensor t = empty({static_cast<std::int64_t>(list.size())}, {.dtype = kInt64});
  if (!list.empty()) std::memcpy(t.data_ptr(), list.data(), list.size() * sizeof(std::int64_t));
  return constant(t);
}
std::string Lowering::constant(Scalar value, DType dtype) { return constant(full({}, value, {.dtype = dtype})); }

std::string Lowering::cast(const std::string& x, DType dtype) {
  return emit("Cast", {x}, {{"to", static_cast<std::int64_t>(onnx_type(dtype))}});
}
std::string Lowering::reshape(const std::string& x, std::vector<std::int64_t> shape) {
  return emit("Reshape", {x, ints(std::move(shape))});
}

// ---- sizes that vary

std::string Lowering::size_of(int value, int dim) {
  std::string& name = sizes_[{value, dim}];
  if (name.empty()) name = emit("Gather", {emit("Shape", {name_of(value)}), ints({dim})}, {{"axis", std::int64_t{0}}});
  return name;
}

// A size that one of the inputs of the op, of the model, or any value before has in every recording; else a whole
// multiple of one, and something.
std::string Lowering::element(const Number& number) {
  if (number.fixed()) return ints({number.value()});
  std::vector<int> candidates;
  for (const int input : node().inputs)
    if (input >= 0 && names_.contains(input)) candidates.push_back(input);
  candidates.insert(candidates.end(), available_.begin(), available_.end());
  for (const int value : candidates)
    for (int d = 0; d < recordings_.value(value).shape.size(); ++d)
      if (recordings_.size(value, d) == number) return size_of(value, d);
  for (const int value : candidates)
    for (int d = 0; d < recordings_.value(value).shape.size(); ++d) {
      const Number size = recordings_.size(value, d);
      const auto other =
          std::find_if(size.at.begin(), size.at.end(), [&](std::int64_t v) { return v != size.value(); });
      if (other == size.at.end()) continue;
      const auto at = static_cast<std::size_t>(other - size.at.begin());
      const std::int64_t rise = number.at[at] - number.value(), run = size.at[at] - size.value();
      if (rise % run != 0) continue;
      const std::int64_t factor = rise / run, rest = number.value() - factor * size.value();
      bool fits = true;
      for (std::size_t i = 0; i < number.at.size(); ++i) fits &= number.at[i] == factor * size.at[i] + rest;
      if (!fits) continue;
      std::string name = size_of(value, d);
      if (factor != 1) name = emit("Mul", {name, ints({factor})});
      return rest == 0 ? name : emit("Add", {name, ints({rest})});
    }
  std::string seen;
  for (const std::int64_t v : number.at) seen += (seen.empty() ? "" : ", ") + std::to_string(v);
  fail(
      fmt::format("{}: a number that follows from the size of a dynamic axis ({}, as that changes) cannot be computed "
                  "from the sizes of tensors",
                  node().op, seen));
}

std::string Lowering::list_of(const std::vector<Number>& numbers) {
  std::vector<std::string> parts;
  std::vector<std::int64_t> run;
  const auto flush = [&] {
    if (!run.empty()) parts.push_back(ints(std::exchange(run, {})));
  };
  for (const Number& number : numbers) {
    if (number.fixed()) {
      run.push_back(number.value());
      continue;
    }
    flush();
    parts.push_back(element(number));
  }
  if (parts.empty() && run.empty()) return ints(std::vector<std::int64_t>{});
  flush();
  return parts.size() == 1 ? parts[0] : emit("Concat", parts, {{"axis", std::int64_t{0}}});
}

std::string Lowering::number_as(const char* name, DType dtype) {
  const auto whole = recordings_.number(at_, name);
  if (!whole || whole->fixed()) {
    if (!whole && !recordings_.is_fixed_attribute(at_, name))
      fail(fmt::format("{}: its number {} follows from the size of a dynamic axis in a way that cannot be generalised",
                       node().op, scalar(name).to_double()));
    return constant(scalar(name), dtype);
  }
  return cast(emit("Squeeze", {element(*whole), ints({0})}), dtype);
}

Number Lowering::number(const char* name) const {
  const auto whole = recordings_.number(at_, name);
  if (!whole) fail(fmt::format("{}: {} is no whole number", node().op, name));
  return *whole;
}
std::int64_t Lowering::fixed(const char* name) const {
  const Number n = number(name);
  if (!n.fixed()) fail(fmt::format("{}: {} must not depend on the size of a dynamic axis", node().op, name));
  return n.value();
}
std::vector<std::int64_t> Lowering::fixed_list(const char* name) const {
  std::vector<std::int64_t> list;
  for (const Number& n : numbers(name)) {
    if (!n.fixed()) fail(fmt::format("{}: {} must not depend on the size of a dynamic axis", node().op, name));
    list.push_back(n.value());
  }
  return list;
}
std::vector<std::int64_t> Lowering::fixed_shape(int value) const {
  std::vector<std::int64_t> list;
  for (const Number& n : recordings_.shape(value)) {
    if (!n.fixed()) fail(fmt::format("{}: its tensor must not have a dynamic axis here", node().op));
    list.push_back(n.value());
  }
  return list;
}

void Lowering::fail(const std::string& message) const {
  fail_at(at_ < recordings_.first().nodes.size() ? recordings_.place(at_) : recordings_.first().scopes[0].class_name,
          message);
}

}  // namespace cresset::exporting
