// What was written down of a forward: values, and the ops between them.
#pragma once

#include <cresset/scalar.h>
#include <cresset/tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cresset::trace {

// A number of an op, a list of whole numbers (sizes, dimensions), or a type.
using Attribute = std::variant<Scalar, std::vector<std::int64_t>, DType>;

struct Value {
  DType dtype;
  Shape shape;
  bool constant;     // follows from nothing that the module was given
  Tensor tensor;     // a constant's elements
  std::string name;  // of a parameter or buffer: as in the state_dict; otherwise empty
};

// The call of a module. The first is the call of the root, which is its own parent.
struct Scope {
  std::string path;        // "block.conv"; empty for the root
  std::string class_name;  // "Conv2d"
  int parent;              // index among the scopes
};

// outputs = op(inputs), with the names and meanings that the functions of <cresset/ops.h> have. Views are ops like any
// other; a write in place is an op that gives a new value.
struct Node {
  std::string op;
  std::vector<int> inputs;  // indices of values; -1 where an optional tensor is left out
  std::vector<int> outputs;
  std::vector<std::pair<std::string, Attribute>> attributes;
  int scope;
};

struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;  // in the order in which they ran
  std::vector<Scope> scopes;
  std::vector<int> inputs, outputs;
};

}  // namespace cresset::trace
