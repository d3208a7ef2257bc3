#include "data/class_names.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/check.h"
#include "core/nearest.h"

namespace cresset::data {

std::int64_t class_index(std::string_view set, const std::vector<std::string>& classes, std::string_view wanted) {
  const auto found = std::find(classes.begin(), classes.end(), wanted);
  if (found != classes.end()) return found - classes.begin();
  check<ValueError>(!classes.empty(), "{}: there is no class \"{}\"; its classes have no names", set, wanted);
  fail<ValueError>("{}: there is no class \"{}\"; the nearest names are {}", set, wanted,
                   fmt::join(nearest_names(wanted, classes), ", "));
}

}  // namespace cresset::data
