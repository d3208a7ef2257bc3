// Batches of a data set, in a loop: `for (auto [inputs, labels] : loader)`.
#pragma once

#include <cresset/data/collate.h>
#include <cresset/data/pass.h>
#include <cresset/error.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cresset::data {

namespace detail {

template <class D>
concept HasGet = requires(const D& d, std::int64_t i) {
  d.get(i);
};
template <class D>
concept HasIndex = requires(const D& d, std::int64_t i) {
  d[i];
};
template <class D>
concept HasGetBatch = requires(const D& d, const BatchRequest& r) {
  d.get_batch(r);
};

template <class D>
auto get_sample(const D& dataset, std::int64_t index) {
  static_assert(HasGet<D> || HasIndex<D>,
                "a data set must have get(index) const (or operator[]): several workers call it at once");
  if constexpr (HasGet<D>)
    return dataset.get(index);
  else
    return dataset[index];
}

template <class D>
auto get_samples(const D& dataset, const BatchRequest& request) {
  std::vector<decltype(get_sample(dataset, 0))> samples;
  samples.reserve(request.size());
  for (std::size_t i = 0; i < request.size(); ++i) {
    const Generator generator(request.seeds[i]);
    const GeneratorGuard guard(generator);
    try {
      samples.push_back(get_sample(dataset, request.indices[i]));
    } catch (Error& error) {
      error.add_context("while getting sample " + std::to_string(request.indices[i]));
      throw;
    }
  }
  return samples;
}

template <class D, class Collate>
auto make_batch(const D& dataset, const Collate& collate_samples, const BatchRequest& request) {
  if constexpr (HasGetBatch<D> && std::is_same_v<Collate, DefaultCollate>)
    return dataset.get_batch(request);
  else
    return collate_samples(get_samples(dataset, request));
}

template <class Batch>
class Slots : public BatchSource {
 public:
  void set_slots(std::size_t count) override { slots.resize(count); }
  std::vector<std::optional<Batch>> slots;
};

template <class D, class Collate, class Batch>
class SlotsOf final : public Slots<Batch> {
 public:
  SlotsOf(std::shared_ptr<const D> dataset, std::shared_ptr<const Collate> collate_samples)
      : dataset_(std::move(dataset)), collate_(std::move(collate_samples)) {}
  void load(std::size_t slot, const BatchRequest& request) override {
    this->slots[slot].emplace(make_batch(*dataset_, *collate_, request));
  }

 private:
  std::shared_ptr<const D> dataset_;
  std::shared_ptr<const Collate> collate_;
};

}  // namespace detail

struct LoaderEnd {};

// Copies share the pass. The batch stays until the iterator moves on.
template <class Batch>
class LoaderIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;
  using pointer = Batch*;
  using reference = Batch&;

  LoaderIterator(std::shared_ptr<detail::Slots<Batch>> slots, std::unique_ptr<detail::Pass> pass)
      : open_(std::make_shared<Open>(Open{std::move(slots), std::move(pass), {}})) {}

  // Waits for the batch, and throws what loading it threw.
  Batch& operator*() const {
    if (!open_->current) {
      auto& slot = open_->slots->slots[open_->pass->take()];
      open_->current = std::move(slot);
      slot.reset();
    }
    return *open_->current;
  }
  Batch* operator->() const { return &**this; }
  LoaderIterator& operator++() {
    open_->current.reset();
    open_->pass->advance();
    return *this;
  }
  void operator++(int) { ++*this; }
  // Number of the batch within its pass.
  std::int64_t index() const { return open_->pass->index(); }
  friend bool operator==(const LoaderIterator& it, LoaderEnd) { return it.open_->pass->at_end(); }

 private:
  struct Open {
    std::shared_ptr<detail::Slots<Batch>> slots;
    std::unique_ptr<detail::Pass> pass;
    std::optional<Batch> current;
  };
  std::shared_ptr<Open> open_;
};

// Goes over a data set in batches. The data set is any object with `size()` and `get(i)` (or `operator[]`), both const,
// whose samples are tensors, numbers, or tuples or structs of these; the third argument, if given, makes the batch of a
// `std::vector<Sample>&&` instead of `collate`. Data set, sampler and collate function are kept by value (a data set
// can also be given as a shared_ptr), so temporaries are safe.
//
// Each begin() is a new pass, with a new order where `shuffle` is set; several may be open at once. Inside `get` and
// the transforms, the default generator is the sample's own, which follows from (seed, epoch, index): batches are the
// same with any number of workers. An error in a worker is thrown in the loop, where the batch would have come. Leaving
// the loop early is safe. A copy of a loader shares its state.
template <class Dataset, class Collate = DefaultCollate>
class DataLoader {
 public:
  using Batch = decltype(detail::make_batch(std::declval<const Dataset&>(), std::declval<const Collate&>(),
                                            std::declval<const BatchRequest&>()));
  using iterator = LoaderIterator<Batch>;

  explicit DataLoader(Dataset dataset, DataLoaderOptions options = {}, Collate collate_samples = {})
      : DataLoader(std::make_shared<const Dataset>(std::move(dataset)), std::move(options),
                   std::move(collate_samples)) {}
  explicit DataLoader(std::shared_ptr<const Dataset> dataset, DataLoaderOptions options = {},
                      Collate collate_samples = {})
      : dataset_(std::move(dataset)),
        collate_(std::make_shared<const Collate>(std::move(collate_samples))),
        core_(std::make_shared<detail::LoaderCore>(static_cast<std::int64_t>(dataset_->size()), std::move(options))) {}

  iterator begin() const {
    auto slots = std::make_shared<detail::SlotsOf<Dataset, Collate, Batch>>(dataset_, collate_);
    auto pass = core_->begin(slots);
    return iterator(std::move(slots), std::move(pass));
  }
  LoaderEnd end() const { return {}; }

  // Batches in a whole pass.
  std::int64_t size() const { return core_->batches(); }
  const Dataset& dataset() const { return *dataset_; }
  const DataLoaderOptions& options() const { return core_->options(); }

  // Where the pass that was begun last is: what the loop has got counts as done. After `set_state`, the next begin()
  // goes on from there; batches before it are not loaded.
  LoaderState state() const { return core_->state(); }
  // ValueError where the state does not fit to this loader.
  void set_state(const LoaderState& state) const { core_->set_state(state); }

 private:
  std::shared_ptr<const Dataset> dataset_;
  std::shared_ptr<const Collate> collate_;
  std::shared_ptr<detail::LoaderCore> core_;
};
template <class D>
DataLoader(std::shared_ptr<D>, DataLoaderOptions = {}) -> DataLoader<std::remove_const_t<D>>;
template <class D, class C>
DataLoader(std::shared_ptr<D>, DataLoaderOptions, C) -> DataLoader<std::remove_const_t<D>, C>;

// What `enumerate` gives: `for (auto [i, batch] : enumerate(loader))`.
template <class Batch>
struct Enumerated {
  std::int64_t index;  // within the pass: a resumed pass goes on counting
  Batch batch;
};

template <class Loader>
class Enumeration {
 public:
  explicit Enumeration(Loader loader, std::int64_t start) : loader_(std::move(loader)), start_(start) {}
  class Iterator {
   public:
    Iterator(typename Loader::iterator it, std::int64_t start) : it_(std::move(it)), start_(start) {}
    Enumerated<typename Loader::Batch> operator*() const { return {start_ + it_.index(), *it_}; }
    Iterator& operator++() {
      ++it_;
      return *this;
    }
    friend bool operator==(const Iterator& a, LoaderEnd end) { return a.it_ == end; }

   private:
    typename Loader::iterator it_;
    std::int64_t start_;
  };
  Iterator begin() const { return Iterator(loader_.begin(), start_); }
  LoaderEnd end() const { return {}; }

 private:
  Loader loader_;
  std::int64_t start_;
};

// Python's enumerate. Keeps the loader's state alive, so `enumerate(DataLoader{…})` is safe.
template <class D, class C>
Enumeration<DataLoader<D, C>> enumerate(DataLoader<D, C> loader, std::int64_t start = 0) {
  return Enumeration<DataLoader<D, C>>(std::move(loader), start);
}

}  // namespace cresset::data
