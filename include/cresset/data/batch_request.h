// What a DataLoader asks of a data set that builds whole batches itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cresset::data {

// A data set may have `Batch get_batch(const BatchRequest&) const` beside `get`. Its result must be what collating the
// samples one by one gives, and random transforms of sample i must draw from `Generator(seeds[i])`, so that batches do
// not depend on the way they are built.
struct BatchRequest {
  std::span<const std::int64_t> indices;
  std::span<const std::uint64_t> seeds;  // of each sample's generator: follow from (seed, epoch, index)
  std::size_t size() const { return indices.size(); }
};

}  // namespace cresset::data
