// Turns recorded ops into nodes of an ONNX graph.
#pragma once

#include <onnx/onnx_pb.h>

#include <map>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "onnx/recordings.h"

namespace cresset::exporting {

// An attribute of an ONNX node.
using OnnxAttribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>>;
using OnnxAttributes = std::vector<std::pair<const char*, OnnxAttribute>>;

::onnx::TensorProto_DataType onnx_type(DType dtype);

struct GraphOptions {
  std::vector<std::string> input_names, output_names;
  std::int64_t opset = 17;
  bool fold = true;
  std::vector<Symbol> symbols = {};                                       // dynamic axes of inputs
  std::map<std::string, std::map<std::int64_t, std::string>> named = {};  // names of axes, by input or output
};

// Elements that the file will have, beside the graph that names them.
struct Weights {
  ::onnx::TensorProto* proto;
  Tensor tensor;
};

class Lowering {
 public:
  Lowering(const Recordings& recordings, const GraphOptions& options, ::onnx::GraphProto& graph);
  // Only what the outputs follow from is lowered.
  void run();
  const std::vector<Weights>& weights() const { return weights_; }

  // ---- for the ops: the node that is being lowered
  const trace::Node& node() const { return recordings_.first().nodes[at_]; }
  const Recordings& recordings() const { return recordings_; }
  std::int64_t opset() const { return options_.opset; }
  bool folds() const { return options_.fold; }
  bool has_input(std::size_t i) const { return i < node().inputs.size() && node().inputs[i] >= 0; }
  int input(std::size_t i) const { return node().inputs[i]; }
  int output(std::size_t i = 0) const { return node().outputs[i]; }
  // Whether anything uses the output.
  bool is_used(std::size_t i) const { return used_.contains(output(i)); }
  const trace::Value& in(std::size_t i) const { return recordings_.value(input(i)); }
  const trace::Value& out(std::size_t i = 0) const { return recordings_.value(output(i)); }
  // Name of the input; "" where there is none.
  std::string operand(std::size_t i) { return has_input(i) ? name_of(input(i)) : std::string(); }

  bool has(const char* name) const { return recordings_.attribute(at_, name) != nullptr; }
  Scalar scalar(const char* name) const { return std::get<Scalar>(*recordings_.attribute(at_, name)); }
  DType dtype(const char* name) const { return std::get<DType>(*recordings_.attribute(at_, name)); }
  bool flag(const char* name) const { return scalar(name).to_int64() != 0; }
  Number number(const char* name) const;  // UnsupportedError where it is no whole number
  std::vector<Number> numbers(const char* name) const { return recordings_.numbers(at_, name); }
  std::int64_t fixed(const char* name) const;  // UnsupportedError where it varies
  std::vector<std::int64_t> fixed_list(const char* name) const;
  std::vector<std::int64_t> fixed_shape(int value) const;
  std::size_t rank(int value) const { return static_cast<std::size_t>(recordings_.value(value).shape.size()); }

  // ---- making nodes; each gives the name of its (first) output
  std::string emit(const char* op_type, const std::vector<std::string>& inputs, const OnnxAttributes& attributes = {});
  std::vector<std::string> emit_many(const char* op_type, std::size_t outputs, const std::vector<std::string>& inputs,
                                     const OnnxAttributes& attributes = {});
  void give(std::size_t output_index, const std::string& name) { names_[output(output_index)] = name; }
  void give(const std::string& name) { give(0, name); }

  std::string constant(const Tensor& tensor);  // a small one, in a node of its own
  std::string ints(const std::vector<std::int64_t>& list);
  std::string constant(Scalar value, DType dtype);  // of no dimensions
  // A computed weight, named after the op that reads it.
  std::string weight(const Tensor& tensor, const char* reader);
  // A list of numbers, computed from sizes of inputs where they vary; UnsupportedError where that cannot be.
  std::string list_of(const std::vector<Number>& numbers);
  // A number of a type, as a tensor of no dimensions; may vary.
  std::string number_as(const char* attribute, DType dtype);
  std::string cast(const std::string& x, DType dtype);
  std::string reshape(const std::string& x, std::vector<std::int64_t> shape);

  [[noreturn]] void fail(const std::string& message) const;

 private:
  std::string name_of(int value);
  void lower(std::size_t node);
  std::string scope_name(int scope) const;
  std::string fresh_name(const std::string& op_type);
  // The one-element list of a number.
  std::string element(const Number& number);
  std::string size_of(int value, int dim);
  void add_inputs();
  void add_outputs();
  void describe(::onnx::ValueInfoProto& info, const std::string& name, int value);

  const Recordings& recordings_;
  const GraphOptions& options_;
  ::onnx::GraphProto& graph_;
  std::vector<Weights> weights_;
  std::size_t at_ = 0;
  std::map<int, std::string> names_;
  std::map<int, std::size_t> maker_;  // node that makes a value
  std::set<int> used_;
  std::set<std::size_t> lowered_;
  std::map<std::string, int> counts_;
  std::map<std::pair<int, int>, std::string> sizes_;
  std::vector<int> available_;  // values that have names, in order
  int folded_ = 0;
};

// How the op of the current node is lowered; null where ONNX has no form.
using Rule = void (*)(Lowering&);
Rule rule_of(const std::string& op);

}  // namespace cresset::exporting
