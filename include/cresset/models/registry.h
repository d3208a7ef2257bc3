// Models by name.
#pragma once

#include <cresset/nn/module.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cresset::models {

struct MakeOptions {
  std::optional<std::int64_t> num_classes = {};  // none: as info() has it
};

// A new model, with its first weights: `auto net = models::make("cifar_net"); (*net)(images)`. Throws ValueError, with
// the nearest names, for one that names() does not have.
CRESSET_API std::unique_ptr<nn::Module> make(std::string_view name, const MakeOptions& options = {});
CRESSET_API std::vector<std::string> names();

struct ModelInfo {
  std::string name;
  std::string description;   // a few words
  Shape input;               // of one picture, without the batch: [C, H, W]
  std::int64_t num_classes;  // of make() without options
};
// What a model is for. Throws as make().
CRESSET_API ModelInfo info(std::string_view name);

}  // namespace cresset::models
