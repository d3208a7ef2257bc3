// In which order a pass visits the samples of a data set.
#pragma once

#include <cresset/random.h>
#include <cresset/tensor.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace cresset::data {

// A sampler of one's own: how many indices a pass has, and which. `generator` is the pass's own, so the order follows
// from the loader's seed; a sampler that draws nothing may leave the parameter out.
template <class S>
concept SamplerLike = requires(const S& sampler, const Generator& generator) {
  { sampler.size() } -> std::convertible_to<std::int64_t>;
  { sampler.indices(generator) } -> std::convertible_to<std::vector<std::int64_t>>;
}
|| requires(const S& sampler) {
  { sampler.size() } -> std::convertible_to<std::int64_t>;
  { sampler.indices() } -> std::convertible_to<std::vector<std::int64_t>>;
};

// Any sampler, by value. A list of indices is one too.
class Sampler {
 public:
  Sampler() = default;
  template <SamplerLike S>
  requires(!std::is_same_v<S, Sampler>) Sampler(S sampler)
      : held_(std::make_shared<const Holder<S>>(std::move(sampler))) {}
  Sampler(std::vector<std::int64_t> indices) : Sampler(Fixed{std::move(indices)}) {}

  explicit operator bool() const { return held_ != nullptr; }
  std::int64_t size() const { return held_->size(); }
  std::vector<std::int64_t> indices(const Generator& generator) const { return held_->indices(generator); }

 private:
  struct Fixed {
    std::vector<std::int64_t> values;
    std::int64_t size() const { return static_cast<std::int64_t>(values.size()); }
    std::vector<std::int64_t> indices() const { return values; }
  };
  struct Held {
    virtual ~Held() = default;
    virtual std::int64_t size() const = 0;
    virtual std::vector<std::int64_t> indices(const Generator& generator) const = 0;
  };
  template <class S>
  struct Holder final : Held {
    explicit Holder(S s) : sampler(std::move(s)) {}
    std::int64_t size() const override { return static_cast<std::int64_t>(sampler.size()); }
    std::vector<std::int64_t> indices(const Generator& generator) const override {
      if constexpr (requires { sampler.indices(generator); })
        return sampler.indices(generator);
      else
        return sampler.indices();
    }
    S sampler;
  };
  std::shared_ptr<const Held> held_;
};

// 0, 1, … count - 1.
class CRESSET_API SequentialSampler {
 public:
  explicit SequentialSampler(std::int64_t count);
  std::int64_t size() const { return count_; }
  std::vector<std::int64_t> indices() const;

 private:
  std::int64_t count_;
};

// A permutation, or, with replacement, `num_samples` independent draws.
struct RandomSamplerOptions {
  bool replacement = false;
  std::int64_t num_samples = -1;  // of one pass; -1: count. Without replacement at most count.
};
class CRESSET_API RandomSampler {
 public:
  explicit RandomSampler(std::int64_t count, const RandomSamplerOptions& options = {});
  std::int64_t size() const { return num_samples_; }
  std::vector<std::int64_t> indices(const Generator& generator) const;

 private:
  std::int64_t count_, num_samples_;
  bool replacement_;
};

// The given indices in random order.
class CRESSET_API SubsetRandomSampler {
 public:
  explicit SubsetRandomSampler(std::vector<std::int64_t> indices) : values_(std::move(indices)) {}
  std::int64_t size() const { return static_cast<std::int64_t>(values_.size()); }
  std::vector<std::int64_t> indices(const Generator& generator) const;

 private:
  std::vector<std::int64_t> values_;
};

}  // namespace cresset::data
