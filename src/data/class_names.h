// The numbers of named classes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cresset::data {

// The place of `wanted` in `classes`. ValueError, with the nearest names, where it is not there; `set` begins the
// message.
std::int64_t class_index(std::string_view set, const std::vector<std::string>& classes, std::string_view wanted);

}  // namespace cresset::data
