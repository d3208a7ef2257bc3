#include <cresset/creation.h>
#include <cresset/data/subset.h>

#include <cmath>
#include <numeric>

#include "core/check.h"

namespace cresset::data::detail {

void check_subset(const std::vector<std::int64_t>& indices, std::int64_t size) {
  for (const std::int64_t index : indices)
    check<IndexError>(index >= 0 && index < size, "Subset: index must be in [0, {}), got {}", size, index);
}

std::vector<std::int64_t> split_sizes(const std::vector<double>& lengths, std::int64_t size) {
  const double sum = std::accumulate(lengths.begin(), lengths.end(), 0.0);
  const bool fractions = std::abs(sum - 1) < 1e-9 && !(size == 1 && lengths.size() == 1);
  std::vector<std::int64_t> sizes;
  std::int64_t given = 0;
  for (const double length : lengths)
    check<ValueError>(length >= 0, "random_split: lengths must not be negative, got {}", length);
  for (const double length : lengths) {
    check<ValueError>(length <= static_cast<double>(size), "random_split: a length must be at most {}, got {}", size,
                      length);
    sizes.push_back(static_cast<std::int64_t>(fractions ? std::floor(length * static_cast<double>(size)) : length));
    given += sizes.back();
  }
  // As PyTorch: what rounding left over goes to the first parts, one each.
  for (std::size_t i = 0; fractions && given < size; i = (i + 1) % sizes.size(), ++given) ++sizes[i];
  check<ValueError>(given == size, "random_split: lengths must add up to the {} samples (or to 1), got {}", size, sum);
  return sizes;
}

std::vector<std::vector<std::int64_t>> split_indices(const std::vector<std::int64_t>& sizes,
                                                     const Generator& generator) {
  const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  const auto order = RandomSampler(total).indices(generator);
  std::vector<std::vector<std::int64_t>> parts;
  auto at = order.begin();
  for (const std::int64_t size : sizes) {
    parts.emplace_back(at, at + size);
    at += size;
  }
  return parts;
}

}  // namespace cresset::data::detail
