// Parts of a data set.
#pragma once

#include <cresset/data/batch_request.h>
#include <cresset/data/loader.h>
#include <cresset/data/sampler.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace cresset::data {

namespace detail {
// Throws IndexError where one is outside of [0, size).
CRESSET_API void check_subset(const std::vector<std::int64_t>& indices, std::int64_t size);
// The number of samples of each part: of numbers that add up to `size`, or fractions that add up to 1, as
// torch.utils.data.random_split counts. ValueError otherwise.
CRESSET_API std::vector<std::int64_t> split_sizes(const std::vector<double>& lengths, std::int64_t size);
// Permuted indices, cut into parts of these sizes.
CRESSET_API std::vector<std::vector<std::int64_t>> split_indices(const std::vector<std::int64_t>& sizes,
                                                                 const Generator& generator);
}  // namespace detail

// The samples of `dataset` at `indices`; shares the data set.
template <class D>
class Subset {
 public:
  Subset(D dataset, std::vector<std::int64_t> indices)
      : Subset(std::make_shared<const D>(std::move(dataset)), std::move(indices)) {}
  Subset(std::shared_ptr<const D> dataset, std::vector<std::int64_t> indices)
      : dataset_(std::move(dataset)), indices_(std::move(indices)) {
    detail::check_subset(indices_, static_cast<std::int64_t>(dataset_->size()));
  }

  std::int64_t size() const { return static_cast<std::int64_t>(indices_.size()); }
  // IndexError outside of [0, size()).
  auto get(std::int64_t index) const {
    detail::check_subset({index}, size());
    return detail::get_sample(*dataset_, indices_[static_cast<std::size_t>(index)]);
  }
  auto operator[](std::int64_t index) const { return get(index); }
  auto get_batch(const BatchRequest& request) const requires(detail::HasGetBatch<D>) {
    std::vector<std::int64_t> mapped;
    mapped.reserve(request.size());
    for (const std::int64_t index : request.indices) mapped.push_back(indices_[static_cast<std::size_t>(index)]);
    return dataset_->get_batch({mapped, request.seeds});
  }
  const D& dataset() const { return *dataset_; }
  const std::vector<std::int64_t>& indices() const { return indices_; }

 private:
  std::shared_ptr<const D> dataset_;
  std::vector<std::int64_t> indices_;
};
template <class D>
Subset(std::shared_ptr<D>, std::vector<std::int64_t>) -> Subset<std::remove_const_t<D>>;

struct RandomSplitOptions {
  std::optional<Generator> generator = {};  // none: the default generator
};

// Cuts a data set at random: `auto [train, valid] = random_split(set, {45000, 5000})`, or by fractions `{0.9, 0.1}`.
template <class D, class L, std::size_t n>
std::array<Subset<D>, n> random_split(D dataset, const L (&lengths)[n], const RandomSplitOptions& options = {}) {
  const auto shared = std::make_shared<const D>(std::move(dataset));
  const std::vector<double> wanted(lengths, lengths + n);
  auto parts = detail::split_indices(detail::split_sizes(wanted, static_cast<std::int64_t>(shared->size())),
                                     options.generator ? *options.generator : default_generator());
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return std::array<Subset<D>, n>{Subset<D>(shared, std::move(parts[i]))...};
  }
  (std::make_index_sequence<n>{});
}

}  // namespace cresset::data
