// The graph of operations that a finalised cuDNN plan holds, as cuDNN itself tells it
// (CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "json.h"

namespace cudasim::cudnn {

/// What a plan has and the simulator does not know. Never passed over: it might change the numbers.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Type { kFloat, kDouble, kHalf, kBfloat16, kInt8, kUint8, kInt32, kBoolean };
size_t size_of(Type type);

struct Tensor {
  int64_t id;
  Type type;
  std::vector<int64_t> sizes, strides;  // strides in elements
  bool is_virtual, by_value;
  int64_t alignment;
  int64_t count() const;
  /// Bytes from its pointer to behind its last element.
  size_t bytes() const;
};

/// Members of a JSON object, each of which must be asked for: done() refuses what nobody has.
class Attributes {
 public:
  Attributes(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}
  bool has(const std::string& name) const { return object_.find(name) != nullptr; }
  std::string text(const std::string& name);
  double number(const std::string& name);
  int64_t whole(const std::string& name);
  bool boolean(const std::string& name);
  std::vector<int64_t> wholes(const std::string& name);
  /// Of fractions, which must be whole numbers.
  std::vector<int64_t> whole_fractions(const std::string& name);
  /// Refuses another value than this one.
  void must_be(const std::string& name, const std::string& value);
  void done() const;
  const std::string& where() const { return where_; }

 private:
  const Json& get(const std::string& name, Json::Kind kind);
  const Json& object_;
  std::string where_;
  std::set<std::string> asked_;
};

class Values;

/// One node. Its constructor has read and checked all attributes.
class Operation {
 public:
  virtual ~Operation() = default;
  virtual void run(Values& values) const = 0;
  /// Pointwise operations may write where they read.
  virtual bool in_place() const { return false; }
  std::vector<const Tensor*> inputs, outputs;
};

struct Graph {
  std::map<std::string, Tensor> tensors;               // by the name that nodes have for them
  std::vector<std::unique_ptr<Operation>> operations;  // each after those whose results it reads
  std::string name;                                    // of what runs: the kinds of its operations
  const Tensor& tensor(const std::string& name) const;
};

/// Throws Unsupported.
std::shared_ptr<const Graph> read_graph(const std::string& json);

/// Where a node's tensors are found by their roles.
struct NodeReader {
  Attributes attributes;
  const Graph& graph;
  Operation& operation;
  const Tensor& input(const std::string& role);
  const Tensor& output(const std::string& role);
  /// Null where the node has none.
  const Tensor* optional_input(const std::string& role);
  const Tensor* optional_output(const std::string& role);
};

}  // namespace cudasim::cudnn
