// Which pictures a network is for.
#pragma once

#include <cstdint>

namespace cresset::models {

// imagenet: pictures of about 224x224, and the layers of the published network. cifar: 32x32, with smaller steps and
// fewer of them in front, so that something is left for the later layers to see.
enum class InputSize : std::uint8_t { imagenet, cifar };

}  // namespace cresset::models
