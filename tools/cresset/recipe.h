// What a training's result depends on.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cresset::program {

// Kept in the checkpoint. The defaults are those of the small network of PyTorch's CIFAR-10 tutorial. Neither the
// number of threads nor that of workers belongs here: the result does not depend on them.
struct Recipe {
  std::string dataset = "cifar10";
  std::string model = "cifar_net";
  std::string optimizer = "sgd";
  std::int64_t epochs = 2;
  std::int64_t max_steps = 0;  // of all epochs together; 0: no limit
  std::int64_t batch = 4;
  double lr = 0.001;
  std::string schedule = "constant";         // of the learning rate; one_cycle: up to lr and down to almost 0
  std::optional<std::string> autocast = {};  // "bfloat16" or "float16"; none: float32
  std::optional<double> momentum = {};       // SGD only; none: 0.9
  std::optional<double> weight_decay = {};   // none: the optimiser's default
  std::uint64_t seed = 0;
};

const std::vector<std::string>& optimizer_names();
const std::vector<std::string>& schedule_names();
const std::vector<std::string>& autocast_names();

// UsageError for values that make no sense and unknown names.
void check_recipe(const Recipe& recipe);

nlohmann::ordered_json to_json(const Recipe& recipe);
// FormatError where a member is missing or of another type; `path` begins the message.
Recipe recipe_of(const nlohmann::json& json, const std::string& path);

}  // namespace cresset::program
