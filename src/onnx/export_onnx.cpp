#include <cresset/export_onnx.h>
#include <cresset/io/atomic_file.h>

#include <algorithm>
#include <set>

#include "core/check.h"
#include "onnx/model_file.h"

namespace cresset {

using namespace exporting;

namespace {

constexpr std::int64_t kOldestOpset = 13;  // ReduceSum, Squeeze and Unsqueeze take their dimensions as an input

std::vector<std::string> names_of(const char* kind, const std::vector<std::string>& given, std::size_t count) {
  check<ValueError>(given.empty() || given.size() == count, "export_onnx: there are {} {}s, got {} names", count, kind,
                    given.size());
  if (!given.empty()) return given;
  std::vector<std::string> names{kind};
  for (std::size_t i = 1; i < count; ++i) names.push_back(fmt::format("{}_{}", kind, i));
  names.resize(count);
  return names;
}

void check_unique(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                  const nn::ModuleBase& module) {
  std::set<std::string> seen;
  for (const auto* names : {&inputs, &outputs})
    for (const std::string& name : *names) {
      check<ValueError>(!name.empty(), "export_onnx: a name of an input or output is empty");
      check<ValueError>(seen.insert(name).second, "export_onnx: the name \"{}\" is given twice", name);
    }
  for (const auto& list : {module.named_parameters(), module.named_buffers()})
    for (const nn::NamedTensor& item : list)
      check<ValueError>(!seen.contains(item.name), "export_onnx: \"{}\" is the name of a parameter or buffer already",
                        item.name);
}

int axis_in(const std::string& name, std::int64_t axis, int rank) {
  check<ValueError>(axis >= -rank && axis < rank, "export_onnx: dynamic_axes: \"{}\" has {} dimensions, got axis {}",
                    name, rank, axis);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

// The sizes that vary: axes of inputs, those of one name together.
std::vector<Symbol> symbols_of(const OnnxOptions& options, const std::vector<std::string>& input_names,
                               const std::vector<Tensor>& example) {
  std::vector<Symbol> symbols;
  for (std::size_t i = 0; i < input_names.size(); ++i) {
    const auto dynamic = options.dynamic_axes.find(input_names[i]);
    if (dynamic == options.dynamic_axes.end()) continue;
    for (const auto& [axis, given] : dynamic->second.axes()) {
      const int dim = axis_in(input_names[i], axis, example[i].dim());
      const std::string name = given.empty() ? fmt::format("{}_dynamic_axes_{}", input_names[i], dim) : given;
      check<ValueError>(example[i].size(dim) > 0,
                        "export_onnx: dynamic_axes: axis {} of \"{}\" has no elements in the example", dim,
                        input_names[i]);
      auto symbol = std::find_if(symbols.begin(), symbols.end(), [&](const Symbol& s) { return s.name == name; });
      if (symbol == symbols.end()) symbol = symbols.insert(symbols.end(), Symbol{name, {}});
      if (!symbol->axes.empty()) {
        const Symbol::Axis& first = symbol->axes[0];
        check<ValueError>(example[first.input].size(first.dim) == example[i].size(dim),
                          "export_onnx: dynamic_axes: the axes named \"{}\" must have one size, got {} and {}", name,
                          example[first.input].size(first.dim), example[i].size(dim));
      }
      symbol->axes.push_back({i, dim});
    }
  }
  return symbols;
}

// Each module's own mode, put back at the end.
class Mode {
 public:
  Mode(nn::ModuleBase& module, TrainingMode mode) {
    for (nn::ModuleBase* m : module.modules()) before_.emplace_back(m->shared_state_ptr(), m->is_training());
    if (mode != TrainingMode::preserve) module.train(mode == TrainingMode::training);
  }
  ~Mode() {
    for (const auto& [state, training] : before_) state->training = training;
  }
  Mode(const Mode&) = delete;
  Mode& operator=(const Mode&) = delete;

 private:
  std::vector<std::pair<std::shared_ptr<nn::detail::ModuleState>, bool>> before_;
};

}  // namespace

void detail::export_onnx(nn::ModuleBase& module, trace::Forward forward, const std::vector<Tensor>& example,
                         const std::string& path, const OnnxOptions& options) {
  check<ValueError>(options.opset_version >= kOldestOpset && options.opset_version <= newest_opset(),
                    "export_onnx: opset_version must be from {} to {}, the newest that the ONNX library knows, got {}",
                    kOldestOpset, newest_opset(), options.opset_version);
  io::AtomicFile(path, "export_onnx");  // a file that cannot be written is told before the work
  for (const Tensor& input : example) check<ValueError>(input.defined(), "export_onnx: an example input is undefined");
  const Mode mode(module, options.training);
  GraphOptions graph{.input_names = names_of("input", options.input_names, example.size()),
                     .output_names = {},
                     .opset = options.opset_version,
                     .fold = options.do_constant_folding};
  graph.symbols = symbols_of(options, graph.input_names, example);
  const Recordings recordings(module, forward, example, graph.symbols, graph.input_names);
  graph.output_names = names_of("output", options.output_names, recordings.first().outputs.size());
  check_unique(graph.input_names, graph.output_names, module);
  for (const auto& [name, axes] : options.dynamic_axes) {
    const auto output = std::find(graph.output_names.begin(), graph.output_names.end(), name);
    const bool is_input =
        std::find(graph.input_names.begin(), graph.input_names.end(), name) != graph.input_names.end();
    check<ValueError>(is_input || output != graph.output_names.end(),
                      "export_onnx: dynamic_axes: there is no input or output \"{}\"", name);
    if (is_input) continue;
    const int value = recordings.first().outputs[static_cast<std::size_t>(output - graph.output_names.begin())];
    for (const auto& [axis, word] : axes.axes())
      graph.named[name][axis_in(name, axis, recordings.value(value).shape.size())] = word;
  }
  ::onnx::ModelProto model;
  describe_model(model, options);
  model.mutable_graph()->set_name("main_graph");
  Lowering lowering(recordings, graph, *model.mutable_graph());
  lowering.run();
  write_model(model, lowering.weights(), path, options.external_data);
}

}  // namespace cresset
