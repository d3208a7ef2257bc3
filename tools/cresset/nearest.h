// Names that a mistyped one may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cresset::program {

// How many letters must be inserted, removed, replaced or swapped with their neighbour to make `a` of `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The names closest to `name`, at most three, best first; none where nothing is near.
std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& names);

// "unknown model 'cifarnet'; did you mean 'cifar_net'?", or the list of all names where none is near.
std::string unknown_name(std::string_view kind, std::string_view name, const std::vector<std::string>& names);

}  // namespace cresset::program
