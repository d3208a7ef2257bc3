#include "nearest.h"

#include <fmt/format.h>

#include <algorithm>

namespace cresset::program {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last = last;
    std::swap(last, current);
  }
  return last[b.size()];
}

std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& names) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& candidate : names) {
    const std::size_t distance = edit_distance(name, candidate);
    const bool begins = name.size() >= 3 && candidate.compare(0, name.size(), name) == 0;
    if (begins || distance <= std::max<std::size_t>(1, candidate.size() / 3)) ranked.emplace_back(distance, candidate);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, ranked.size()); ++i) out.push_back(ranked[i].second);
  return out;
}

std::string unknown_name(std::string_view kind, std::string_view name, const std::vector<std::string>& names) {
  const auto near = nearest(name, names);
  if (near.empty()) return fmt::format("unknown {} '{}'; there are: {}", kind, name, fmt::join(names, ", "));
  return fmt::format("unknown {} '{}'; did you mean '{}'?", kind, name, fmt::join(near, "', '"));
}

}  // namespace cresset::program
