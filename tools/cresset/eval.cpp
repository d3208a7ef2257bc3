// cresset eval
#include <cresset/cresset.h>
#include <cresset/io/atomic_file.h>
#include <cresset/io/checkpoint.h>
#include <cresset/models/registry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "accuracy.h"
#include "command.h"
#include "data_sets.h"
#include "nearest.h"
#include "numbers.h"
#include "recipe.h"

namespace cresset::program {
namespace {

constexpr std::int64_t kGridImages = 32;

struct Arguments {
  std::string checkpoint, model, dataset, data, device = "cpu", grid;
  int threads = 0, workers = 2;
  bool download = false, json = false;
};

// A checkpoint says which network and which data set it is of; a plain state_dict does not.
StateDict weights_and_names(Arguments& arguments) {
  const std::string& path = arguments.checkpoint;
  if (!Checkpoint::is_checkpoint(load_metadata(path))) {
    if (arguments.model.empty()) throw UsageError(path + " does not say of which network it is: --model must");
    if (arguments.dataset.empty()) arguments.dataset = "cifar10";
    return load(path);
  }
  Checkpoint checkpoint = Checkpoint::load(path);
  const auto settings = nlohmann::json::parse(checkpoint.settings, nullptr, false);
  const Recipe recipe = recipe_of(settings.is_object() ? settings.value("recipe", nlohmann::json()) : settings, path);
  if (arguments.model.empty()) arguments.model = recipe.model;
  if (arguments.dataset.empty()) arguments.dataset = recipe.dataset;
  return std::move(checkpoint.model);
}

int run(Arguments arguments) {
  if (!arguments.grid.empty()) io::AtomicFile(arguments.grid, "grid");
  if (arguments.threads > 0) set_num_threads(arguments.threads);
  const StateDict weights = weights_and_names(arguments);
  const auto names = models::names();
  if (std::find(names.begin(), names.end(), arguments.model) == names.end())
    throw UsageError(unknown_name("model", arguments.model, names));
  const auto network = models::make(arguments.model);
  network->load_state_dict(weights);
  const Device device(arguments.device);
  network->to(device);
  const data::ImageDataset images =
      open_data_set({.name = arguments.dataset, .folder = arguments.data, .download = arguments.download}, false);
  const Accuracy accuracy = measure_accuracy(*network, images, device, arguments.workers);
  if (arguments.json) {
    nlohmann::ordered_json classes;
    for (std::size_t i = 0; i < images.classes.size(); ++i)
      classes[images.classes[i]] = {{"images", accuracy.images_of_class[i]}, {"correct", accuracy.correct_of_class[i]}};
    const nlohmann::ordered_json out{{"images", accuracy.images},
                                     {"correct", accuracy.correct},
                                     {"accuracy", accuracy.share()},
                                     {"loss", accuracy.loss},
                                     {"classes", classes}};
    fmt::print("{}\n", out.dump(1));
  } else {
    fmt::print("{}\n", accuracy_text(accuracy, images.classes));
  }
  if (!arguments.grid.empty()) save_prediction_grid(*network, images, device, kGridImages, arguments.grid);
  return kSuccess;
}

}  // namespace

void add_eval(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("eval", "Test a trained network, in all and for each class");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--checkpoint", arguments->checkpoint, "File of `cresset train`, or a saved state_dict")
      ->required();
  command->add_option("--data", arguments->data, "Folder of the data set (default: CRESSET_DATA_DIR, or data)");
  command->add_option("--dataset", arguments->dataset, "cifar10, fashion_mnist or mnist (default: the checkpoint's)");
  command->add_flag("--download", arguments->download, "Fetch the data set where it is missing");
  command->add_option("--model", arguments->model, "Name of the network (default: the checkpoint's)");
  command->add_option("--device", arguments->device, "cpu or cuda (default: cpu)");
  add_whole_number(*command, "--threads", arguments->threads, kThreads, "Threads that compute (default: one a core)");
  add_whole_number(*command, "--workers", arguments->workers, kThreads, "Threads that load images (default: 2)");
  command->add_option("--grid", arguments->grid, "PNG file for test images with predicted and true labels");
  command->add_flag("--json", arguments->json, "Print one JSON object");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace cresset::program
