#include "trace/recorder.h"

#include <algorithm>

#include "core/check.h"
#include "ops/copy.h"

namespace cresset::trace {

Recorder::Recorder(nn::ModuleBase& root, const std::vector<Tensor>& inputs) {
  for (const nn::NamedModule& item : root.named_modules()) {
    paths_.emplace(&item.module->shared_state(), item.name);
    item.module->shared_state().plain = false;  // so that its calls come by TracedCall
  }
  const auto name = [&](const std::vector<nn::NamedTensor>& tensors) {
    for (const nn::NamedTensor& item : tensors) {
      const int value = new_value(item.tensor, true);
      graph_.values[static_cast<std::size_t>(value)].name = item.name;
      remember(item.tensor, value);
    }
  };
  name(root.named_parameters());
  name(root.named_buffers());
  for (const Tensor& input : inputs) {
    graph_.inputs.push_back(new_value(input, false));
    remember(input, graph_.inputs.back());
  }
  graph_.scopes.push_back({"", root.class_name(), 0});
  calls_.push_back(0);
}

Recorder::~Recorder() {
  for (const auto& [tensor, copy] : before_) copy_elements(tensor, copy);
}

Graph Recorder::finish(const std::vector<Tensor>& outputs) {
  for (const Tensor& output : outputs) {
    check<ValueError>(output.defined(), "trace: an output of the forward is undefined");
    graph_.outputs.push_back(value_of(output));
  }
  return std::move(graph_);
}

int Recorder::new_value(const Tensor& tensor, bool constant) {
  const cresset::detail::TensorImpl& impl = impl_of(tensor);
  graph_.values.push_back({impl.dtype, impl.sizes, constant, constant ? alias(tensor) : Tensor(), {}});
  return static_cast<int>(graph_.values.size()) - 1;
}

Recorder::Seen& Recorder::remember(const Tensor& tensor, int value) {
  const cresset::detail::TensorImpl& impl = impl_of(tensor);
  auto& entry = seen_[&impl];
  // An entry stays where it is for its views, also where its tensor was given other memory by set_data.
  if (!entry) entry = std::make_unique<Seen>();
  *entry = Seen{.tensor = tensor, .storage = impl.storage.get(), .data = impl.data, .value = value};
  return *entry;
}

Recorder::Seen* Recorder::known(const Tensor& tensor) {
  const cresset::detail::TensorImpl& impl = impl_of(tensor);
  const auto found = seen_.find(&impl);
  if (found == seen_.end()) return nullptr;
  Seen& entry = *found->second;
  return entry.storage == impl.storage.get() && entry.data == impl.data ? &entry : nullptr;
}

// A tensor that comes from no op that was written down is a constant, unless it shows memory of one that is none.
Recorder::Seen& Recorder::seen(const Tensor& tensor) {
  if (Seen* entry = known(tensor)) return *entry;
  const cresset::detail::TensorImpl& impl = impl_of(tensor);
  bool shared = false;
  for (const auto& [other, entry] : seen_) {
    if (entry->storage != impl.storage.get()) continue;
    const Value& value = graph_.values[static_cast<std::size_t>(entry->value)];
    shared |= !value.constant;
    const cresset::detail::TensorImpl& own = *entry->tensor.impl();
    if (entry->data != impl.data || own.dtype != impl.dtype || own.sizes != impl.sizes || own.strides != impl.strides)
      continue;
    Seen* parent = entry.get();
    Seen& made = remember(tensor, refreshed(*parent));
    made.parent = parent;
    made.view = "alias";
    return made;
  }
  check<UnsupportedError>(!shared,
                          "trace: {} shows the memory of a tensor that depends on the inputs in a way that "
                          "cannot be written down",
                          tensor);
  return remember(tensor, new_value(tensor, true));
}

int Recorder::refreshed(Seen& entry) {
  if (!entry.stale) return entry.value;
  const int whole = refreshed(*entry.parent);
  entry.value = entry.view == "alias" ? whole : emit(entry.view, {whole}, entry.attributes, entry.tensor);
  entry.stale = false;
  return entry.value;
}

int Recorder::value_of(const Tensor& tensor) { return refreshed(seen(tensor)); }

std::vector<int> Recorder::add_node(const std::string& name, std::vector<int> inputs, Attributes attributes,
                                    const std::vector<Tensor>& outputs) {
  const bool constant = std::all_of(inputs.begin(), inputs.end(), [&](int i) {
    return i < 0 || graph_.values[static_cast<std::size_t>(i)].constant;
  });
  std::vector<int> made;
  for (const Tensor& output : outputs) made.push_back(new_value(output, constant));
  graph_.nodes.push_back({name, std::move(inputs), made, std::move(attributes), calls_.back()});
  return made;
}

int Recorder::emit(const std::string& name, const std::vector<int>& inputs, Attributes attributes, const Tensor& like) {
  return add_node(name, inputs, std::move(attributes), {like})[0];
}

void Recorder::op(const char* name, const std::vector<Tensor>& inputs, Attributes attributes,
                  const std::vector<Tensor>& outputs) {
  std::vector<int> values;
  for (const Tensor& input : inputs) values.push_back(input.defined() ? value_of(input) : -1);
  const std::vector<int> made = add_node(name, std::move(values), std::move(attributes), outputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (Seen* before = known(outputs[i]))
      set_written(*before, made[i]);
    else
      remember(outputs[i], made[i]);
  }
}

void Recorder::view(const char* name, const Tensor& x, Attributes attributes, const Tensor& y) {
  Seen& parent = seen(x);
  const int whole = refreshed(parent);
  const int value = emit(name, {whole}, attributes, y);
  Seen& made = remember(y, value);
  made.parent = &parent;
  made.view = name;
  made.attributes = std::move(attributes);
}

void Recorder::wrote(const Tensor& self, const Tensor& value) {
  Seen& entry = seen(self);
  int now = value_of(value);
  if (value.dtype() != self.dtype()) now = emit("to", {now}, {{"dtype", self.dtype()}}, alias(self));
  if (value.shape() != self.shape()) now = emit("expand", {now}, {{"shape", list(self.shape())}}, alias(self));
  // A value of its own, so that a constant is not named after a parameter that it was copied from.
  if (graph_.values[static_cast<std::size_t>(now)].constant) now = emit("clone", {now}, {}, alias(self));
  set_written(entry, now);
}

int Recorder::put_back(const Seen& view, int whole, int part) {
  const Tensor& base = view.parent->tensor;
  const auto number = [&](const char* key) {
    const auto at = std::find_if(view.attributes.begin(), view.attributes.end(),
                                 [&](const auto& attribute) { return attribute.first == key; });
    return std::get<Scalar>(at->second).to_int64();
  };
  if (view.view == "alias") return part;
  if (view.view == "slice") return emit("slice_scatter", {whole, part}, view.attributes, base);
  if (view.view == "select") {
    const std::int64_t dim = number("dim"), index = number("index");
    return emit("select_scatter", {whole, part}, {{"dim", dim}, {"index", index}}, base);
  }
  if (view.view == "permute") {
    const auto& dims = std::get<std::vector<std::int64_t>>(view.attributes.at(0).second);
    std::vector<std::int64_t> inverse(dims.size());
    for (std::size_t i = 0; i < dims.size(); ++i)
      inverse[static_cast<std::size_t>(dims[i])] = static_cast<std::int64_t>(i);
    return emit("permute", {part}, {{"dims", inverse}}, base);
  }
  check<UnsupportedError>(view.tensor.numel() == base.numel() && view.view != "as_strided",
                          "trace: a write through {} cannot be written down", view.view);
  return emit("reshape", {part}, {{"shape", list(base.shape())}}, base);
}

// The value of everything that shows the same memory changes too.
void Recorder::set_written(Seen& entry, int value) {
  written_.insert(entry.storage);
  std::vector<const Seen*> path{&entry};
  entry.value = value;
  entry.stale = false;
  for (Seen* at = &entry; at->parent; at = at->parent) {
    Seen& parent = *at->parent;
    parent.value = put_back(*at, refreshed(parent), at->value);
    parent.stale = false;
    path.push_back(&parent);
  }
  for (const auto& [impl, other] : seen_)
    if (other->storage == entry.storage && std::find(path.begin(), path.end(), other.get()) == path.end())
      other->stale = other->parent != nullptr;
}

// What a constant was is kept, before its memory changes.
void Recorder::before_write(const Tensor& self) {
  seen(self);
  const Pause pause;
  for (Value& value : graph_.values)
    if (value.tensor.defined() && value.tensor.is_view_of_same_storage(self)) {
      const Tensor copy = value.tensor.clone();
      if (!value.name.empty()) before_.emplace_back(value.tensor, copy);
      value.tensor = copy;
    }
}

void Recorder::check_host_may_read(const char* op, const Tensor& x) {
  check<UnsupportedError>(
      graph_.values[static_cast<std::size_t>(value_of(x))].constant,
      "{}: the forward reads a value that depends on its inputs, on which it may branch; a recorded "
      "graph has one way only, that of the example",
      op);
}

void Recorder::enter(nn::ModuleBase& module) {
  const auto path = paths_.find(&module.shared_state());
  if (path != paths_.end() && path->second.empty()) return calls_.push_back(0);
  Scope scope{path == paths_.end() ? graph_.scopes[static_cast<std::size_t>(calls_.back())].path : path->second,
              module.class_name(), calls_.back()};
  graph_.scopes.push_back(std::move(scope));
  calls_.push_back(static_cast<int>(graph_.scopes.size()) - 1);
}
void Recorder::leave() { calls_.pop_back(); }

}  // namespace cresset::trace
