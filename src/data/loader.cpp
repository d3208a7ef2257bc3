#include <cresset/data/pass.h>

#include <algorithm>

#include "core/check.h"
#include "data/sample_seed.h"

namespace cresset::data::detail {
namespace {

// Checks what a sampler gave, and counts how often each sample came before. Empty where none comes twice.
std::vector<std::uint32_t> count_repeats(const std::vector<std::int64_t>& order, std::int64_t samples) {
  std::vector<std::uint32_t> seen(static_cast<std::size_t>(samples)), repeats;
  repeats.reserve(order.size());
  bool any = false;
  for (const std::int64_t index : order) {
    check<IndexError>(index >= 0 && index < samples, "DataLoader: the sampler's indices must be in [0, {}), got {}",
                      samples, index);
    repeats.push_back(seen[static_cast<std::size_t>(index)]++);
    any = any || repeats.back() > 0;
  }
  if (!any) repeats.clear();
  return repeats;
}

}  // namespace

BatchSource::~BatchSource() = default;

std::int64_t batch_count(std::int64_t samples, const DataLoaderOptions& options) {
  return samples / options.batch_size + (!options.drop_last && samples % options.batch_size != 0);
}

LoaderCore::LoaderCore(std::int64_t samples, DataLoaderOptions options)
    : samples_(samples), options_(std::move(options)), position_(std::make_shared<LoaderState>()) {
  const DataLoaderOptions& o = options_;
  check<ValueError>(o.batch_size > 0, "DataLoader: batch_size must be positive, got {}", o.batch_size);
  check<ValueError>(o.num_workers >= 0, "DataLoader: num_workers must not be negative, got {}", o.num_workers);
  check<ValueError>(o.prefetch_factor > 0, "DataLoader: prefetch_factor must be positive, got {}", o.prefetch_factor);
  check<ValueError>(!(o.sampler && o.shuffle), "DataLoader: sampler and shuffle must not both be given");
  check<ValueError>(samples >= 0, "DataLoader: the data set's size must not be negative, got {}", samples);
}

std::int64_t LoaderCore::batches() const {
  return batch_count(options_.sampler ? options_.sampler.size() : samples_, options_);
}

std::unique_ptr<Pass> LoaderCore::begin(std::shared_ptr<BatchSource> source) {
  // A new object, so that a pass that is still open no longer counts.
  auto position = std::make_shared<LoaderState>(*position_);
  if (!resume_) {
    // A pass that was left early is over.
    if (position->open) ++position->epoch;
    position->open = true;
    position->batch = 0;
    position->seed = philox_pair(draw(options_.generator ? *options_.generator : default_generator()), 0);
  }
  const Generator order_generator(order_seed(position->seed, position->epoch));
  PassPlan plan{.first_batch = static_cast<std::int64_t>(position->batch), .position = position};
  if (options_.sampler) {
    plan.order = options_.sampler.indices(order_generator);
    check<ValueError>(static_cast<std::int64_t>(plan.order.size()) == options_.sampler.size(),
                      "DataLoader: the sampler must give as many indices as its size, {}, got {}",
                      options_.sampler.size(), plan.order.size());
    plan.repeats = count_repeats(plan.order, samples_);
  } else if (options_.shuffle) {
    plan.order = RandomSampler(samples_).indices(order_generator);
  } else {
    plan.order = SequentialSampler(samples_).indices();
  }
  auto pass = std::make_unique<Pass>(std::move(source), std::move(plan), options_);
  position_ = std::move(position);
  resume_ = false;
  return pass;
}

LoaderState LoaderCore::state() const {
  LoaderState state = *position_;
  if (options_.generator) state.generator = options_.generator->state();
  return state;
}

void LoaderCore::set_state(const LoaderState& state) {
  check<ValueError>(state.batch <= static_cast<std::uint64_t>(batches()),
                    "DataLoader: the state is at batch {}, but a pass of this loader has {}", state.batch, batches());
  check<ValueError>(state.generator.has_value() == options_.generator.has_value(),
                    "DataLoader: the state must {} a generator of the loader's own, as this loader does",
                    options_.generator ? "have" : "not have");
  if (options_.generator) options_.generator->set_state(*state.generator);
  position_ = std::make_shared<LoaderState>(state);
  position_->generator.reset();
  resume_ = state.open;
}

}  // namespace cresset::data::detail
