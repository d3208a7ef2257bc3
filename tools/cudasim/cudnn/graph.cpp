#include "graph.h"

#include <cmath>

#include "operations.h"

namespace cudasim::cudnn {
namespace {

Type type_of(const std::string& name, const std::string& where) {
  static const std::map<std::string, Type> types = {
      {"CUDNN_DATA_FLOAT", Type::kFloat}, {"CUDNN_DATA_DOUBLE", Type::kDouble},
      {"CUDNN_DATA_HALF", Type::kHalf},   {"CUDNN_DATA_BFLOAT16", Type::kBfloat16},
      {"CUDNN_DATA_INT8", Type::kInt8},   {"CUDNN_DATA_UINT8", Type::kUint8},
      {"CUDNN_DATA_INT32", Type::kInt32}, {"CUDNN_DATA_BOOLEAN", Type::kBoolean},
  };
  const auto found = types.find(name);
  if (found == types.end()) throw Unsupported(where + ": the type " + name);
  return found->second;
}

Tensor read_tensor(const Json& json, const std::string& name) {
  Attributes a(json, "tensor " + name);
  a.text("name");
  Tensor t{};
  t.id = std::strtoll(name.c_str(), nullptr, 10);
  if (std::to_string(t.id) != name) throw Unsupported(a.where() + ": a name that is no id");
  t.type = type_of(a.text("dataType"), a.where());
  t.sizes = a.wholes("dim");
  t.strides = a.wholes("stride");
  t.is_virtual = a.boolean("isVirtual");
  t.by_value = a.boolean("isByValue");
  t.alignment = a.whole("ptrAlignment");
  if (a.whole("vectCount") != 1) throw Unsupported(a.where() + ": vectors of elements");
  a.whole("vectDim");  // of no meaning then
  a.must_be("reordering", "CUDNN_TENSOR_REORDERING_NONE");
  a.done();
  if (t.sizes.size() != t.strides.size()) throw Unsupported(a.where() + ": as many strides as sizes");
  for (size_t i = 0; i < t.sizes.size(); ++i) {
    if (t.sizes[i] < 1 || t.strides[i] < 0) throw Unsupported(a.where() + ": an empty one, or a negative stride");
  }
  return t;
}

struct Maker {
  const char* descriptor;
  const char* name;
  Make* make;
};
constexpr Maker kMakers[] = {
    {"CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR", "convolution", convolution_forward},
    {"CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR", "convolution_backward_data",
     convolution_backward_data},
    {"CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR", "convolution_backward_filter",
     convolution_backward_filter},
    {"CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR", "pointwise", pointwise},
    {"CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR", "reduction", reduction},
    {"CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR", "resample", resample_forward},
    {"CUDNN_BACKEND_OPERATION_RESAMPLE_BWD_DESCRIPTOR", "resample_backward", resample_backward},
    {"CUDNN_BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR", "norm", norm_forward},
    {"CUDNN_BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR", "norm_backward", norm_backward},
};

// The nodes' order in a plan is no promise: each comes after those that write what it reads.
void sort(Graph& graph) {
  std::map<const Tensor*, const Operation*> writers;
  for (const auto& operation : graph.operations) {
    for (const Tensor* t : operation->outputs) {
      if (!writers.emplace(t, operation.get()).second)
        throw Unsupported("tensor " + std::to_string(t->id) + " is written twice");
    }
  }
  std::vector<std::unique_ptr<Operation>> sorted;
  std::set<const Operation*> placed;
  while (sorted.size() < graph.operations.size()) {
    const size_t before = sorted.size();
    for (auto& operation : graph.operations) {
      if (!operation) continue;
      bool ready = true;
      for (const Tensor* t : operation->inputs) {
        const auto writer = writers.find(t);
        if (writer == writers.end() && t->is_virtual)
          throw Unsupported("nothing writes the virtual tensor " + std::to_string(t->id));
        ready &= writer == writers.end() || placed.count(writer->second) != 0;
      }
      if (!ready) continue;
      placed.insert(operation.get());
      sorted.push_back(std::move(operation));
    }
    if (sorted.size() == before) throw Unsupported("the operations wait for one another");
  }
  graph.operations = std::move(sorted);
}

}  // namespace

size_t size_of(Type type) {
  switch (type) {
    case Type::kDouble: return 8;
    case Type::kFloat:
    case Type::kInt32: return 4;
    case Type::kHalf:
    case Type::kBfloat16: return 2;
    default: return 1;
  }
}

int64_t Tensor::count() const {
  int64_t n = 1;
  for (const int64_t size : sizes) n *= size;
  return n;
}

size_t Tensor::bytes() const {
  int64_t last = 0;
  for (size_t i = 0; i < sizes.size(); ++i) last += (sizes[i] - 1) * strides[i];
  return static_cast<size_t>(last + 1) * size_of(type);
}

const Tensor& Graph::tensor(const std::string& tensor_name) const {
  const auto found = tensors.find(tensor_name);
  if (found == tensors.end()) throw Unsupported("a node has the tensor " + tensor_name + ", the graph has not");
  return found->second;
}

const Json& Attributes::get(const std::string& name, Json::Kind kind) {
  const Json* found = object_.find(name);
  if (found == nullptr || found->kind != kind) throw Unsupported(where_ + ": there is no " + name + " of its kind");
  asked_.insert(name);
  return *found;
}
std::string Attributes::text(const std::string& name) { return get(name, Json::kText).text; }
double Attributes::number(const std::string& name) { return get(name, Json::kNumber).number; }
bool Attributes::boolean(const std::string& name) { return get(name, Json::kBoolean).boolean; }
int64_t Attributes::whole(const std::string& name) {
  const double value = number(name);
  if (value != std::floor(value)) throw Unsupported(where_ + ": " + name + " is no whole number");
  return static_cast<int64_t>(value);
}
std::vector<int64_t> Attributes::wholes(const std::string& name) {
  std::vector<int64_t> values;
  for (const Json& item : get(name, Json::kArray).items) values.push_back(static_cast<int64_t>(item.number));
  return values;
}
std::vector<int64_t> Attributes::whole_fractions(const std::string& name) {
  std::vector<int64_t> values;
  for (const Json& item : get(name, Json::kArray).items) {
    if (item.items.size() != 2 || item.items[1].number != 1) throw Unsupported(where_ + ": a broken " + name);
    values.push_back(static_cast<int64_t>(item.items[0].number));
  }
  return values;
}
void Attributes::must_be(const std::string& name, const std::string& value) {
  if (const std::string is = text(name); is != value) throw Unsupported(where_ + ": " + name + " " + is);
}
void Attributes::done() const {
  for (const std::string& name : object_.names) {
    if (asked_.count(name) == 0) throw Unsupported(where_ + ": the attribute " + name);
  }
}

const Tensor& NodeReader::input(const std::string& role) {
  const Tensor& t = graph.tensor(attributes.text(role));
  operation.inputs.push_back(&t);
  return t;
}
const Tensor& NodeReader::output(const std::string& role) {
  const Tensor& t = graph.tensor(attributes.text(role));
  operation.outputs.push_back(&t);
  return t;
}
const Tensor* NodeReader::optional_input(const std::string& role) {
  return attributes.has(role) ? &input(role) : nullptr;
}
const Tensor* NodeReader::optional_output(const std::string& role) {
  return attributes.has(role) ? &output(role) : nullptr;
}

void read_precision(Attributes& attributes, const char* name) {
  const std::string precision = attributes.text(name);
  require(precision == "CUDNN_DATA_FLOAT" || precision == "CUDNN_DATA_DOUBLE", attributes,
          ("arithmetic in " + precision).c_str());
}

void require(bool ok, const Attributes& attributes, const char* what) {
  if (!ok) throw Unsupported(attributes.where() + ": " + what);
}

std::shared_ptr<const Graph> read_graph(const std::string& text) {
  const Json json = read_json(text);
  const Json* described = json.find("operationGraph");
  const Json* tensors = described == nullptr ? nullptr : described->find("tensors");
  const Json* nodes = described == nullptr ? nullptr : described->find("nodes");
  if (tensors == nullptr || nodes == nullptr) throw Unsupported("the plan tells no graph of operations");
  for (const std::string& name : described->names) {
    if (name != "tensors" && name != "nodes" && name != "finalizeMode") throw Unsupported("the graph's " + name);
  }
  auto graph = std::make_shared<Graph>();
  for (const Json& tensor : tensors->items) {
    const Json* name = tensor.find("name");
    if (name == nullptr) throw Unsupported("a tensor without a name");
    graph->tensors.emplace(name->text, read_tensor(tensor, name->text));
  }
  for (const Json& node : nodes->items) {
    const Json* kind = node.find("operation");
    const Maker* maker = nullptr;
    for (const Maker& m : kMakers) {
      if (kind != nullptr && kind->text == m.descriptor) maker = &m;
    }
    if (maker == nullptr) throw Unsupported("the operation " + (kind ? kind->text : "without a name"));
    graph->operations.push_back(maker->make(node, *graph));
    graph->name += (graph->name.empty() ? "" : "+") + std::string(maker->name);
  }
  sort(*graph);
  return graph;
}

}  // namespace cudasim::cudnn
