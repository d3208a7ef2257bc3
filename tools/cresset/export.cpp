// cresset export
#include <cresset/cresset.h>
#include <cresset/io/checkpoint.h>
#include <cresset/models/registry.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#if CRESSET_HAS_ONNX
#include <cresset/export_onnx.h>
#endif

#include "command.h"
#include "nearest.h"
#include "numbers.h"
#include "recipe.h"

namespace cresset::program {
namespace {

struct Arguments {
  std::string checkpoint, onnx, model, input_name = "input", output_name = "output";
  std::vector<std::int64_t> input;
  std::int64_t opset = 17, batch = 1;
  bool dynamic = false, external_data = false;
};

#if CRESSET_HAS_ONNX

// A checkpoint says of which network it is; a plain state_dict does not.
StateDict weights_of(Arguments& arguments) {
  const std::string& path = arguments.checkpoint;
  if (!Checkpoint::is_checkpoint(load_metadata(path))) {
    if (arguments.model.empty()) throw UsageError(path + " does not say of which network it is: --model must");
    return load(path);
  }
  Checkpoint checkpoint = Checkpoint::load(path);
  const auto settings = nlohmann::json::parse(checkpoint.settings, nullptr, false);
  const Recipe recipe = recipe_of(settings.is_object() ? settings.value("recipe", nlohmann::json()) : settings, path);
  if (arguments.model.empty()) arguments.model = recipe.model;
  return std::move(checkpoint.model);
}

int run(Arguments arguments) {
  const StateDict weights = weights_of(arguments);
  const auto names = models::names();
  if (std::find(names.begin(), names.end(), arguments.model) == names.end())
    throw UsageError(unknown_name("model", arguments.model, names));
  const auto network = models::make(arguments.model);
  network->load_state_dict(weights);
  if (arguments.input.empty()) arguments.input = models::info(arguments.model).input.vec();
  Shape shape(arguments.input);
  shape.insert(0, arguments.batch);
  OnnxOptions options{.input_names = {arguments.input_name},
                      .output_names = {arguments.output_name},
                      .opset_version = arguments.opset,
                      .external_data = arguments.external_data};
  if (arguments.dynamic)
    options.dynamic_axes = {{arguments.input_name, {{0, "batch"}}}, {arguments.output_name, {{0, "batch"}}}};
  export_onnx(*network, zeros(shape), arguments.onnx, options);
  fmt::print(
      "{}: {}, opset {}, {} [{}{}], {} bytes\n", arguments.onnx, arguments.model, arguments.opset, arguments.input_name,
      arguments.dynamic ? "batch" : std::to_string(arguments.batch),
      [&] {
        std::string sizes;
        for (const std::int64_t size : arguments.input) sizes += ", " + std::to_string(size);
        return sizes;
      }(),
      std::filesystem::file_size(arguments.onnx));
  return kSuccess;
}

#else

int run(const Arguments&) {
  throw UnsupportedError(
      "this build has no ONNX export: it was made where libonnx-dev and libprotobuf-dev are not there");
}

#endif

}  // namespace

void add_export(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("export", "Write a trained network as an ONNX file");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--checkpoint", arguments->checkpoint, "File of `cresset train`, or a saved state_dict")
      ->required();
  command->add_option("--onnx", arguments->onnx, "File to write")->required();
  command->add_option("--model", arguments->model, "Name of the network (default: the checkpoint's)");
  add_whole_number(*command, "--opset", arguments->opset, Bounds<std::int64_t>{1, 1000},
                   "Version of ONNX's operators (default: 17)");
  command->add_flag("--dynamic", arguments->dynamic, "Leave the size of the batch open");
  add_whole_number(*command, "--batch", arguments->batch, Bounds<std::int64_t>{1, 1 << 20},
                   "Size of the batch where it is not open (default: 1)");
  add_whole_number(*command, "--input", arguments->input,
                   Bounds<std::int64_t>{1, std::numeric_limits<std::int64_t>::max()},
                   "Shape of one input (default: the network's, 3,32,32 for instance)")
      ->delimiter(',');
  command->add_option("--input-name", arguments->input_name, "Name of the input (default: input)");
  command->add_option("--output-name", arguments->output_name, "Name of the output (default: output)");
  command->add_flag("--external-data", arguments->external_data, "Write the weights to a file of their own beside it");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace cresset::program
