#include <cresset/creation.h>
#include <cresset/data/sampler.h>

#include <numeric>

#include "core/check.h"

namespace cresset::data {
namespace {

std::vector<std::int64_t> values_of(const Tensor& x) {
  const std::int64_t* values = x.data_ptr<std::int64_t>();
  return {values, values + x.numel()};
}

void check_count(const char* op, std::int64_t count) {
  check<ValueError>(count >= 0, "{}: the number of samples must not be negative, got {}", op, count);
}

}  // namespace

SequentialSampler::SequentialSampler(std::int64_t count) : count_(count) { check_count("SequentialSampler", count); }

std::vector<std::int64_t> SequentialSampler::indices() const {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count_));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

RandomSampler::RandomSampler(std::int64_t count, const RandomSamplerOptions& options)
    : count_(count),
      num_samples_(options.num_samples == -1 ? count : options.num_samples),
      replacement_(options.replacement) {
  check_count("RandomSampler", count);
  check<ValueError>(num_samples_ >= 0 && (replacement_ ? count > 0 || num_samples_ == 0 : num_samples_ <= count),
                    "RandomSampler: num_samples must be in [0, {}] without replacement, got {}", count, num_samples_);
}

std::vector<std::int64_t> RandomSampler::indices(const Generator& generator) const {
  if (num_samples_ == 0) return {};
  if (replacement_) return values_of(randint(count_, {num_samples_}, {.generator = generator}));
  auto order = values_of(randperm(count_, {.generator = generator}));
  order.resize(static_cast<std::size_t>(num_samples_));
  return order;
}

std::vector<std::int64_t> SubsetRandomSampler::indices(const Generator& generator) const {
  std::vector<std::int64_t> order;
  order.reserve(values_.size());
  if (values_.empty()) return order;
  for (const std::int64_t i : values_of(randperm(size(), {.generator = generator})))
    order.push_back(values_[static_cast<std::size_t>(i)]);
  return order;
}

}  // namespace cresset::data
