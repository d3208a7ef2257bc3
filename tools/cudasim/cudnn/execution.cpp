#include "execution.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "../libraries/library_work.h"
#include "../src/report.h"
#include "values.h"

namespace cudasim::cudnn {
namespace {

struct Ready {
  std::shared_ptr<const Graph> graph;
  std::map<int64_t, void*> pointers;
  std::map<int64_t, std::vector<char>> by_value;
  std::vector<std::string> names;  // of the operands
  std::vector<LibraryOperand> operands;
};

void* pointer_of(const std::string& name, const Tensor& tensor, const VariantPack& pack) {
  void* found = nullptr;
  for (size_t i = 0; i < pack.ids.size(); ++i) {
    if (pack.ids[i] != tensor.id) continue;
    if (found != nullptr) throw std::invalid_argument("two pointers for tensor " + name);
    found = pack.pointers[i];
  }
  if (found == nullptr) throw std::invalid_argument("no pointer for tensor " + name);
  if (reinterpret_cast<uintptr_t>(found) % static_cast<uintptr_t>(tensor.alignment) != 0) {
    report("misaligned address", format("cuDNN's tensor %s at %p, which is not aligned to %lld bytes", name.c_str(),
                                        found, static_cast<long long>(tensor.alignment)));
    throw std::invalid_argument("a misaligned pointer for tensor " + name);
  }
  return found;
}

void check_overlaps(const Ready& ready) {
  const bool in_place = std::all_of(ready.graph->operations.begin(), ready.graph->operations.end(),
                                    [](const auto& operation) { return operation->in_place(); });
  for (const LibraryOperand& one : ready.operands) {
    for (const LibraryOperand& other : ready.operands) {
      if (&one == &other || !one.write) continue;
      const auto *first = static_cast<const char*>(one.at), *second = static_cast<const char*>(other.at);
      if (first + one.bytes <= second || second + other.bytes <= first) continue;
      if (in_place && first == second && !other.write) continue;
      throw std::invalid_argument(std::string(one.name) + " is written and lies over " + other.name);
    }
  }
}

std::shared_ptr<Ready> make_ready(std::shared_ptr<const Graph> graph, const VariantPack& pack, size_t workspace_bytes) {
  auto ready = std::make_shared<Ready>();
  ready->graph = std::move(graph);
  std::set<const Tensor*> read, written;
  for (const auto& operation : ready->graph->operations) {
    read.insert(operation->inputs.begin(), operation->inputs.end());
    written.insert(operation->outputs.begin(), operation->outputs.end());
  }
  ready->names.reserve(ready->graph->tensors.size());  // operands keep pointers to them
  for (const auto& [name, tensor] : ready->graph->tensors) {
    const bool is_output = written.count(&tensor) != 0;
    if (tensor.is_virtual || (!is_output && read.count(&tensor) == 0)) continue;
    void* const pointer = pointer_of(name, tensor, pack);
    if (tensor.by_value) {
      const auto* bytes = static_cast<const char*>(pointer);
      ready->by_value[tensor.id].assign(bytes, bytes + tensor.bytes());
      continue;
    }
    for (size_t i = 0; is_output && i < tensor.sizes.size(); ++i) {
      if (tensor.sizes[i] > 1 && tensor.strides[i] == 0) throw Unsupported("elements of an output lie on each other");
    }
    ready->pointers[tensor.id] = pointer;
    ready->names.push_back("tensor " + name);
    ready->operands.push_back({pointer, tensor.bytes(), is_output, ready->names.back().c_str()});
  }
  if (workspace_bytes > 0) {
    if (pack.workspace == nullptr) throw std::invalid_argument("the plan needs a workspace");
    ready->operands.push_back({pack.workspace, workspace_bytes, true, "the workspace"});
  }
  check_overlaps(*ready);
  return ready;
}

}  // namespace

bool append_graph(CUstream_st& stream, std::shared_ptr<const Graph> graph, const VariantPack& pack,
                  size_t workspace_bytes) {
  if (pack.ids.size() != pack.pointers.size()) throw std::invalid_argument("a pointer for each id");
  const std::shared_ptr<Ready> ready = make_ready(std::move(graph), pack, workspace_bytes);
  // A captured execution may run more than once.
  const auto compute = [ready, workspace = pack.workspace, workspace_bytes] {
    // What cuDNN leaves there is nobody's business; whoever keeps something there loses it.
    if (workspace_bytes > 0) std::memset(workspace, 0xff, workspace_bytes);
    std::map<int64_t, void*> pointers = ready->pointers;
    for (auto& [id, bytes] : ready->by_value) pointers[id] = bytes.data();
    Values values(std::move(pointers));
    for (const auto& operation : ready->graph->operations) operation->run(values);
  };
  return append_library_work(stream, "cuDNN's " + ready->graph->name, ready->operands, compute);
}

}  // namespace cudasim::cudnn
