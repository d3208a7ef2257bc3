#include "recipe.h"

#include <cresset/error.h>
#include <cresset/models/registry.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "command.h"
#include "data_sets.h"
#include "nearest.h"

namespace cresset::program {
namespace {

void check_name(std::string_view kind, const std::string& name, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), name) == names.end()) throw UsageError(unknown_name(kind, name, names));
}

void check_least(std::string_view option, double value, double least) {
  if (!(value >= least) || !std::isfinite(value))
    throw UsageError(fmt::format("{} must be a finite number of at least {}, got {}", option, least, value));
}

}  // namespace

const std::vector<std::string>& optimizer_names() {
  static const std::vector<std::string> names{"sgd", "adam", "adamw"};
  return names;
}

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names{"constant", "one_cycle"};
  return names;
}

const std::vector<std::string>& autocast_names() {
  static const std::vector<std::string> names{"bfloat16", "float16"};
  return names;
}

void check_recipe(const Recipe& recipe) {
  check_name("data set", recipe.dataset, data_set_names());
  check_name("model", recipe.model, models::names());
  check_name("optimizer", recipe.optimizer, optimizer_names());
  check_name("schedule", recipe.schedule, schedule_names());
  if (recipe.autocast) check_name("autocast type", *recipe.autocast, autocast_names());
  check_least("--epochs", static_cast<double>(recipe.epochs), 0);
  check_least("--max-steps", static_cast<double>(recipe.max_steps), 0);
  check_least("--batch", static_cast<double>(recipe.batch), 1);
  check_least("--lr", recipe.lr, 0);
  check_least("--momentum", recipe.momentum.value_or(0), 0);
  check_least("--weight-decay", recipe.weight_decay.value_or(0), 0);
  if (recipe.momentum && recipe.optimizer != "sgd")
    throw UsageError(fmt::format("--momentum is for sgd, not for {}", recipe.optimizer));
}

nlohmann::ordered_json to_json(const Recipe& recipe) {
  nlohmann::ordered_json json{{"dataset", recipe.dataset},
                              {"model", recipe.model},
                              {"optimizer", recipe.optimizer},
                              {"epochs", recipe.epochs},
                              {"max_steps", recipe.max_steps},
                              {"batch", recipe.batch},
                              {"lr", recipe.lr},
                              {"seed", recipe.seed}};
  if (recipe.schedule != "constant") json["schedule"] = recipe.schedule;
  if (recipe.autocast) json["autocast"] = *recipe.autocast;
  if (recipe.momentum) json["momentum"] = *recipe.momentum;
  if (recipe.weight_decay) json["weight_decay"] = *recipe.weight_decay;
  return json;
}

Recipe recipe_of(const nlohmann::json& json, const std::string& path) {
  try {
    Recipe recipe{.dataset = json.at("dataset"),
                  .model = json.at("model"),
                  .optimizer = json.at("optimizer"),
                  .epochs = json.at("epochs"),
                  .max_steps = json.at("max_steps"),
                  .batch = json.at("batch"),
                  .lr = json.at("lr"),
                  .seed = json.at("seed")};
    recipe.schedule = json.value("schedule", recipe.schedule);
    if (json.contains("autocast")) recipe.autocast = json["autocast"].get<std::string>();
    if (json.contains("momentum")) recipe.momentum = json["momentum"].get<double>();
    if (json.contains("weight_decay")) recipe.weight_decay = json["weight_decay"].get<double>();
    return recipe;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: was not written by `cresset train`: {}", path, error.what()));
  }
}

}  // namespace cresset::program
