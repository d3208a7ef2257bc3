#include <cresset/models/cifar_net.h>
#include <cresset/models/registry.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "core/check.h"

namespace cresset::models {
namespace {

struct Entry {
  const char* name;
  std::unique_ptr<nn::Module> (*make)();
};
template <class M>
std::unique_ptr<nn::Module> make_new() {
  return std::make_unique<M>();
}
constexpr Entry kModels[] = {
    {"cifar_net", make_new<CifarNet>},
};

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] != b[j])});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const Entry& entry : kModels) all.emplace_back(entry.name);
  return all;
}

std::unique_ptr<nn::Module> make(std::string_view name) {
  for (const Entry& entry : kModels)
    if (name == entry.name) return entry.make();
  auto nearest = names();
  std::stable_sort(nearest.begin(), nearest.end(),
                   [&](const std::string& a, const std::string& b) { return distance(name, a) < distance(name, b); });
  nearest.resize(std::min<std::size_t>(nearest.size(), 3));
  fail<ValueError>("models: there is no model \"{}\"; the nearest names are {}", name, fmt::join(nearest, ", "));
}

}  // namespace cresset::models
