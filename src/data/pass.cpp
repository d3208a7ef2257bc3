#include <cresset/autograd.h>
#include <cresset/data/pass.h>
#include <cresset/dispatch.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <thread>

#include "core/check.h"
#include "data/sample_seed.h"

namespace cresset::data::detail {
namespace {

// Waking a thread costs as much as loading a few small images. So a worker takes several batches at a time, as many as
// fit in this span, and sleeps and wakes once for all of them.
constexpr double kClaimSeconds = 250e-6;
constexpr std::int64_t kMaxClaim = 16;
constexpr std::int64_t kMaxClaimSamples = 64;

// No signal is for a worker to handle: Ctrl-C goes to the thread that has the loop.
class BlockSignals {
 public:
  BlockSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;

 private:
  sigset_t before_;
};

// Batches that all workers together load ahead. None loads more than its share of the pass ahead, so a prefetch_factor
// of any size fits the arithmetic.
std::int64_t batches_ahead(std::int64_t prefetch_factor, std::int64_t workers, std::int64_t total) {
  return workers > 0 ? std::min(prefetch_factor, total / workers + 1) * workers : 0;
}

}  // namespace

struct Pass::Impl {
  Impl(std::shared_ptr<BatchSource> batch_source, PassPlan pass_plan, const DataLoaderOptions& options);
  ~Impl() { stop_workers(); }

  void load(std::int64_t batch);
  void work();
  void stop_workers();
  void wait_for(std::int64_t batch);
  void release();
  // How many batches the next worker may take now; 0: it must wait.
  std::int64_t claimable() const;
  std::size_t slot_of(std::int64_t batch) const { return static_cast<std::size_t>(batch % ring); }

  const std::shared_ptr<BatchSource> source;
  const PassPlan plan;
  const std::uint64_t seed, epoch;
  const std::int64_t batch_size, total, workers, ahead, max_claim, ring;
  std::vector<std::exception_ptr> errors;  // of each slot

  // The loop's own.
  std::int64_t at;           // the batch that it is at
  bool taken = false;        // and whether it has it
  std::int64_t ready_until;  // batches before this one are in their slots
  std::int64_t release_step = 1;

  std::mutex mutex;  // guards what follows
  std::condition_variable can_load, can_take;
  std::int64_t next;      // the first batch that no worker has taken
  std::int64_t released;  // batches before this one have left their slots
  std::int64_t claim = 1;
  std::int64_t wanted = -1;  // the batch that the loop sleeps for
  int idle = 0;
  std::vector<char> done;  // of each slot: loaded, and the loop does not know yet
  std::atomic<bool> stopping = false;
  std::vector<std::thread> threads;
};

Pass::Impl::Impl(std::shared_ptr<BatchSource> batch_source, PassPlan pass_plan, const DataLoaderOptions& options)
    : source(std::move(batch_source)),
      plan(std::move(pass_plan)),
      seed(plan.position->seed),
      epoch(plan.position->epoch),
      batch_size(options.batch_size),
      total(batch_count(static_cast<std::int64_t>(plan.order.size()), options)),
      workers(std::clamp<std::int64_t>(total - plan.first_batch, 0, options.num_workers)),
      ahead(batches_ahead(options.prefetch_factor, workers, total)),
      max_claim(workers > 0 ? std::clamp<std::int64_t>(kMaxClaimSamples / batch_size, 1, kMaxClaim) : 1),
      ring(workers > 0 ? std::min(ahead * max_claim, total) : 1),
      errors(static_cast<std::size_t>(ring)),
      at(plan.first_batch),
      ready_until(at),
      next(at),
      released(at),
      done(static_cast<std::size_t>(ring)) {
  source->set_slots(static_cast<std::size_t>(ring));
  const BlockSignals blocked;
  threads.reserve(static_cast<std::size_t>(workers));
  try {
    for (std::int64_t i = 0; i < workers; ++i)
      threads.emplace_back([this, grad = is_grad_enabled(), forced = DispatchSnapshot()] {
        pthread_setname_np(pthread_self(), "cresset-data");
        const GradModeGuard guard(grad);
        const DispatchSnapshot::Guard forcing = forced.enter();
        work();
      });
  } catch (const std::exception&) {
    // Fewer threads than asked for, even none, give the same batches.
  }
}

void Pass::Impl::load(std::int64_t batch) {
  const auto first = static_cast<std::size_t>(batch * batch_size);
  const std::size_t count = std::min(static_cast<std::size_t>(batch_size), plan.order.size() - first);
  std::exception_ptr& error = errors[slot_of(batch)];
  error = nullptr;
  try {
    std::vector<std::uint64_t> seeds(count);
    for (std::size_t i = 0; i < count; ++i)
      seeds[i] = sample_seed(seed, epoch, plan.order[first + i], plan.repeats.empty() ? 0 : plan.repeats[first + i]);
    try {
      source->load(slot_of(batch), {{plan.order.data() + first, count}, seeds});
    } catch (Error& e) {
      e.add_context(fmt::format("in DataLoader, batch {} of {}", batch, total));
      throw;
    }
  } catch (...) {
    error = std::current_exception();
  }
}

std::int64_t Pass::Impl::claimable() const {
  const std::int64_t left = total - next;
  // Near the end everybody gets a share.
  const std::int64_t count = std::min(claim, std::max<std::int64_t>(1, left / workers));
  return left > 0 && next + count <= std::min(released + ahead * claim, released + ring) ? count : 0;
}

void Pass::Impl::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    std::int64_t count = 0;
    ++idle;
    can_load.wait(lock, [&] { return stopping || next == total || (count = claimable()) > 0; });
    --idle;
    if (stopping || next == total) return;
    const std::int64_t first = next;
    next += count;
    if (idle > 0 && claimable() > 0) can_load.notify_one();
    lock.unlock();
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t batch = first; batch < first + count && !stopping.load(std::memory_order_relaxed); ++batch)
      load(batch);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    lock.lock();
    for (std::int64_t batch = first; batch < first + count; ++batch) done[slot_of(batch)] = 1;
    const double fitting = kClaimSeconds * static_cast<double>(count) / std::max(seconds, 1e-9);
    claim = static_cast<std::int64_t>(std::clamp(fitting, 1.0, static_cast<double>(std::min(2 * count, max_claim))));
    if (wanted >= first && wanted < first + count) can_take.notify_one();
  }
}

void Pass::Impl::wait_for(std::int64_t batch) {
  if (batch < ready_until) return;
  if (threads.empty()) {
    load(batch);
    ready_until = batch + 1;
    return;
  }
  std::unique_lock lock(mutex);
  released = batch;
  release_step = claim;
  if (idle > 0 && claimable() > 0) can_load.notify_one();
  wanted = batch;
  can_take.wait(lock, [&] { return done[slot_of(batch)] != 0; });
  wanted = -1;
  for (; ready_until < next && done[slot_of(ready_until)] != 0; ++ready_until) done[slot_of(ready_until)] = 0;
}

// Tells the workers of free slots, not for each batch: see kClaimSeconds.
void Pass::Impl::release() {
  if (threads.empty() || at >= ready_until || at % release_step != 0) return;
  const std::lock_guard lock(mutex);
  released = at;
  release_step = claim;
  if (idle > 0 && claimable() > 0) can_load.notify_one();
}

void Pass::Impl::stop_workers() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  can_load.notify_all();
  for (std::thread& thread : threads) thread.join();
}

Pass::Pass(std::shared_ptr<BatchSource> source, PassPlan plan, const DataLoaderOptions& options)
    : impl_(std::make_unique<Impl>(std::move(source), std::move(plan), options)) {
  LoaderState& position = *impl_->plan.position;
  if (at_end()) position = {.epoch = position.epoch + 1};
}

Pass::~Pass() = default;

bool Pass::at_end() const { return impl_->at >= impl_->total; }
std::int64_t Pass::index() const { return impl_->at; }

std::size_t Pass::take() {
  Impl& p = *impl_;
  check<IndexError>(!at_end(), "DataLoader: the iterator must not be used past the end");
  if (!p.taken) {
    p.wait_for(p.at);
    p.taken = true;
    p.plan.position->batch = static_cast<std::uint64_t>(p.at) + 1;
  }
  const std::size_t slot = p.slot_of(p.at);
  if (p.errors[slot]) std::rethrow_exception(p.errors[slot]);
  return slot;
}

void Pass::advance() {
  Impl& p = *impl_;
  check<IndexError>(!at_end(), "DataLoader: the iterator must not be used past the end");
  if (!p.taken) p.wait_for(p.at);
  p.taken = false;
  ++p.at;
  LoaderState& position = *p.plan.position;
  position.batch = static_cast<std::uint64_t>(p.at);
  if (at_end())
    position = {.epoch = position.epoch + 1};
  else
    p.release();
}

}  // namespace cresset::data::detail
