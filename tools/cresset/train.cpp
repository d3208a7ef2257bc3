// cresset train
#include <cresset/cresset.h>
#include <cresset/io/checkpoint.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "numbers.h"
#include "training.h"

namespace cresset::program {
namespace {

constexpr Bounds<std::int64_t> kFromZero{0, std::numeric_limits<std::int64_t>::max()};

// What the command line says of the recipe; the rest has its default, or is the checkpoint's.
struct Given {
  std::optional<std::string> dataset, model, optimizer, schedule, autocast;
  std::optional<std::int64_t> epochs, max_steps, batch;
  std::optional<double> lr, momentum, weight_decay;
  std::optional<std::uint64_t> seed;
};

struct Arguments {
  Given given;
  RunOptions run;
};

// A training goes on as it was begun; only its end may be moved.
template <class T, class U>
void refuse_change(const char* option, const std::optional<T>& given, const U& trained) {
  if (given && !(std::optional<T>(trained) == given))
    throw UsageError(fmt::format("{} {}: the checkpoint was trained with another value", option, *given));
}

Recipe recipe_to_resume(const Given& given, const std::string& path) {
  const Checkpoint checkpoint = Checkpoint::load(path);
  const auto settings = nlohmann::json::parse(checkpoint.settings, nullptr, false);
  Recipe recipe = recipe_of(settings.is_object() ? settings.value("recipe", nlohmann::json()) : settings, path);
  refuse_change("--dataset", given.dataset, recipe.dataset);
  refuse_change("--model", given.model, recipe.model);
  refuse_change("--optimizer", given.optimizer, recipe.optimizer);
  refuse_change("--batch", given.batch, recipe.batch);
  refuse_change("--lr", given.lr, recipe.lr);
  refuse_change("--schedule", given.schedule, recipe.schedule);
  refuse_change("--autocast", given.autocast, recipe.autocast);
  if (recipe.schedule != "constant") {  // it is made for a number of steps
    refuse_change("--epochs", given.epochs, recipe.epochs);
    refuse_change("--max-steps", given.max_steps, recipe.max_steps);
  }
  refuse_change("--momentum", given.momentum, recipe.momentum);
  refuse_change("--weight-decay", given.weight_decay, recipe.weight_decay);
  refuse_change("--seed", given.seed, recipe.seed);
  recipe.epochs = given.epochs.value_or(recipe.epochs);
  recipe.max_steps = given.max_steps.value_or(recipe.max_steps);
  return recipe;
}

Recipe recipe_to_begin(const Given& given) {
  Recipe recipe;
  recipe.dataset = given.dataset.value_or(recipe.dataset);
  recipe.model = given.model.value_or(recipe.model);
  recipe.optimizer = given.optimizer.value_or(recipe.optimizer);
  recipe.epochs = given.epochs.value_or(recipe.epochs);
  recipe.max_steps = given.max_steps.value_or(recipe.max_steps);
  recipe.batch = given.batch.value_or(recipe.batch);
  recipe.lr = given.lr.value_or(recipe.lr);
  recipe.schedule = given.schedule.value_or(recipe.schedule);
  recipe.autocast = given.autocast;
  recipe.momentum = given.momentum;
  recipe.weight_decay = given.weight_decay;
  recipe.seed = given.seed.value_or(recipe.seed);
  return recipe;
}

int run(Arguments arguments, bool resume) {
  RunOptions& options = arguments.run;
  if (resume && options.resume.empty()) options.resume = options.checkpoint;
  if (resume && options.resume.empty()) throw UsageError("--resume needs a file, or --checkpoint");
  const Recipe recipe = resume ? recipe_to_resume(arguments.given, options.resume) : recipe_to_begin(arguments.given);
  check_recipe(recipe);
  if (options.checkpoint.empty()) options.checkpoint = resume ? options.resume : recipe.model + ".safetensors";
  if (options.threads > 0) set_num_threads(options.threads);
  return train(recipe, options);
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("train", "Train a network and test it");
  const auto arguments = std::make_shared<Arguments>();
  Given& given = arguments->given;
  RunOptions& run_options = arguments->run;
  command->add_option("--data", run_options.data, "Folder of the data set (default: CRESSET_DATA_DIR, or data)");
  command->add_option("--dataset", given.dataset, "cifar10, fashion_mnist or mnist (default: cifar10)");
  command->add_flag("--download", run_options.download, "Fetch the data set where it is missing");
  command->add_option("--model", given.model, "Name of the network (default: cifar_net)");
  add_whole_number(*command, "--epochs", given.epochs, kFromZero, "Passes over the training images (default: 2)");
  add_whole_number(*command, "--max-steps", given.max_steps, kFromZero,
                   "Stop after this many steps in all (default: no limit)");
  add_whole_number(*command, "--batch", given.batch, Bounds<std::int64_t>{1, kFromZero.most},
                   "Images a step (default: 4)");
  command->add_option("--optimizer", given.optimizer, "sgd, adam or adamw (default: sgd)");
  add_finite_number(*command, "--lr", given.lr, "Learning rate (default: 0.001)");
  command->add_option("--schedule", given.schedule,
                      "Of the learning rate: constant, or one_cycle, which rises to --lr and falls to almost 0 "
                      "(default: constant)");
  command->add_option("--autocast", given.autocast,
                      "Mixed precision: bfloat16, or float16 with scaled gradients (default: float32 throughout)");
  add_finite_number(*command, "--momentum", given.momentum, "Of sgd (default: 0.9)");
  add_finite_number(*command, "--weight-decay", given.weight_decay, "Default: 0; adamw: 0.01");
  command->add_option("--device", run_options.device, "cpu or cuda (default: cpu)");
  add_whole_number(*command, "--threads", run_options.threads, kThreads, "Threads that compute (default: one a core)");
  add_whole_number(*command, "--seed", given.seed, Bounds<std::uint64_t>{0, std::numeric_limits<std::uint64_t>::max()},
                   "Of weights and order of the images (default: 0)");
  add_whole_number(*command, "--workers", run_options.workers, kThreads, "Threads that load images (default: 2)");
  command->add_option("--checkpoint", run_options.checkpoint, "File to save to (default: MODEL.safetensors)");
  add_whole_number(*command, "--checkpoint-every", run_options.checkpoint_every, kFromZero,
                   "Steps between checkpoints (default: 2000)");
  CLI::Option* resume =
      command->add_option("--resume", run_options.resume, "Go on from this checkpoint (default: that of --checkpoint)");
  resume->expected(0, 1);
  command->add_option("--log", run_options.log, "JSON-lines file for losses and accuracies");
  command->add_option("--curve", run_options.curve, "PNG file for the curves of loss and accuracy");
  command->add_option("--grid", run_options.grid, "PNG file for test images with predicted and true labels");
  command->callback([arguments, resume, &action] {
    const bool resumes = resume->count() > 0;
    action = [arguments, resumes] { return run(*arguments, resumes); };
  });
}

}  // namespace cresset::program
