// Networks as ONNX files, for ONNX Runtime, OpenCV and other programs. In the component `onnx`: link with
// cresset::onnx. docs/onnx.md says which op becomes which.
#pragma once

#include <cresset/extension/trace.h>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cresset {

// In which mode the forward is recorded. `preserve` leaves every module in its own.
enum class TrainingMode : std::uint8_t { eval, preserve, training };

// Axes of one input or output whose size is not fixed: {{0, "batch"}}, or {0} without a name of their own. Axes of the
// same name have the same size.
class DynamicAxes {
 public:
  DynamicAxes(std::initializer_list<std::pair<std::int64_t, const char*>> named) {
    for (const auto& [axis, name] : named) axes_.emplace_back(axis, name);
  }
  DynamicAxes(std::initializer_list<std::int64_t> axes) {
    for (const std::int64_t axis : axes) axes_.emplace_back(axis, "");
  }
  explicit DynamicAxes(std::vector<std::pair<std::int64_t, std::string>> axes) : axes_(std::move(axes)) {}
  const std::vector<std::pair<std::int64_t, std::string>>& axes() const { return axes_; }

 private:
  std::vector<std::pair<std::int64_t, std::string>> axes_;
};

// The arguments of torch.onnx.export, in its order.
struct OnnxOptions {
  TrainingMode training = TrainingMode::eval;
  std::vector<std::string> input_names = {};   // default: input, input_1, …
  std::vector<std::string> output_names = {};  // default: output, output_1, …
  std::int64_t opset_version = 17;             // 13 to the newest that the ONNX library knows
  bool do_constant_folding = true;             // what follows from parameters alone is computed now
  std::map<std::string, DynamicAxes> dynamic_axes = {};
  bool external_data = false;  // elements in `path`.data beside the file; always where they are more than 2 GB
  std::map<std::string, std::string> metadata = {};
};

namespace detail {
CRESSET_API void export_onnx(nn::ModuleBase& module, trace::Forward forward, const std::vector<Tensor>& example_inputs,
                             const std::string& path, const OnnxOptions& options);
}  // namespace detail

// Records the forward on the example and writes it as an ONNX model, which the ONNX library has checked before it takes
// the place of `path`. Weights are in it under their names in the state_dict. Sizes are those of the example, except
// dynamic axes: the forward is recorded at several sizes, and what varies with them follows them in the file.
//
//   export_onnx(net, zeros({4, 3, 32, 32}), "net.onnx",
//               {.input_names = {"image"}, .output_names = {"classes"}, .dynamic_axes = {{"image", {{0, "batch"}}}}});
//
// Throws what the forward throws; ValueError for options that do not fit the module; IoError where the file cannot be
// written; UnsupportedError, with the path of the module, for an op that ONNX does not have, a forward that reads
// values that depend on its inputs (item()), and sizes that cannot be generalised. The module stays as it was.
template <class R, class... Args>
void export_onnx(nn::ModuleOf<R(Args...)>& module, const std::vector<Tensor>& example_inputs, const std::string& path,
                 const OnnxOptions& options = {}) {
  detail::export_onnx(module, trace::forward_of(module), example_inputs, path, options);
}
template <class R, class... Args>
void export_onnx(nn::ModuleOf<R(Args...)>& module, const Tensor& example_input, const std::string& path,
                 const OnnxOptions& options = {}) {
  export_onnx(module, std::vector<Tensor>{example_input}, path, options);
}

}  // namespace cresset
