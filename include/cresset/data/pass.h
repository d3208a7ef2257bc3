// One pass over a data set: which batches, loaded by whom, handed out in order. DataLoader's machinery below its types.
#pragma once

#include <cresset/data/batch_request.h>
#include <cresset/data/loader_state.h>
#include <cresset/data/sampler.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace cresset::data {

// In the order of PyTorch's arguments.
struct DataLoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;                     // a new permutation each pass
  Sampler sampler = {};                     // instead of shuffle
  int num_workers = 0;                      // threads that load ahead; 0: the loop loads itself
  bool drop_last = false;                   // leaves out a last batch that is not full
  std::optional<Generator> generator = {};  // seeds every pass; none: the default generator does
  std::int64_t prefetch_factor = 2;  // batches (of small, quick ones: groups of up to 16) loaded ahead by each worker
};

namespace detail {

// Batches of a pass over so many samples.
std::int64_t batch_count(std::int64_t samples, const DataLoaderOptions& options);

// Makes batches and keeps each in a numbered slot until it is taken.
class CRESSET_API BatchSource {
 public:
  virtual ~BatchSource();
  virtual void set_slots(std::size_t count) = 0;
  // Called by several threads at once, for different slots.
  virtual void load(std::size_t slot, const BatchRequest& request) = 0;
};

struct PassPlan {
  std::vector<std::int64_t> order = {};        // of samples
  std::vector<std::uint32_t> repeats = {};     // how often each was visited before in this pass; empty: never
  std::int64_t first_batch = 0;                // batches before it are passed over, unloaded
  std::shared_ptr<LoaderState> position = {};  // kept up to date: seed and epoch are read from it
};

// Batches are taken one after the other by one thread.
class CRESSET_API Pass {
 public:
  Pass(std::shared_ptr<BatchSource> source, PassPlan plan, const DataLoaderOptions& options);
  ~Pass();  // stops and joins the workers, after the batch that each is loading
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  bool at_end() const;
  std::int64_t index() const;  // of the batch that the pass is at
  // Waits for that batch and gives the slot where it is. Throws what loading it threw.
  std::size_t take();
  void advance();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a loader keeps between passes.
class CRESSET_API LoaderCore {
 public:
  // ValueError for options that make no sense.
  LoaderCore(std::int64_t samples, DataLoaderOptions options);
  std::int64_t batches() const;
  std::unique_ptr<Pass> begin(std::shared_ptr<BatchSource> source);
  LoaderState state() const;
  void set_state(const LoaderState& state);
  const DataLoaderOptions& options() const { return options_; }

 private:
  std::int64_t samples_;
  DataLoaderOptions options_;
  std::shared_ptr<LoaderState> position_;
  bool resume_ = false;
};

}  // namespace detail
}  // namespace cresset::data
