// Models by name.
#pragma once

#include <cresset/nn/module.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cresset::models {

// A new model, with its first weights: `auto net = models::make("cifar_net"); (*net)(images)`. Throws ValueError, with
// the nearest names, for one that names() does not have.
CRESSET_API std::unique_ptr<nn::Module> make(std::string_view name);
CRESSET_API std::vector<std::string> names();

}  // namespace cresset::models
