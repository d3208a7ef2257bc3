#include "core/thread_state.h"

#include <cresset/autograd.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace cresset {

constinit thread_local ThreadState thread_state;

namespace {

struct Registry {
  std::mutex mutex;
  std::vector<ThreadState*> threads;
  autograd::LiveCounts ended{};  // what threads that are gone had counted
};

// Never destroyed: threads may end after static destructors ran.
Registry& registry() {
  static auto* r = new Registry;
  return *r;
}

void add(autograd::LiveCounts& sum, const ThreadState& state) {
  sum.nodes += state.nodes.load(std::memory_order_relaxed);
  sum.tensors += state.tensors.load(std::memory_order_relaxed);
  sum.storage_bytes += state.storage_bytes.load(std::memory_order_relaxed);
}

struct Membership {
  Membership() {
    std::lock_guard lock(registry().mutex);
    registry().threads.push_back(&thread_state);
  }
  ~Membership() {
    std::lock_guard lock(registry().mutex);
    add(registry().ended, thread_state);
    thread_state.nodes = thread_state.tensors = thread_state.storage_bytes = 0;
    std::erase(registry().threads, &thread_state);
  }
};

}  // namespace

void register_thread_state() noexcept {
  thread_state.registered = true;
  thread_local Membership membership;
}

autograd::LiveCounts autograd::live_counts() noexcept {
  std::lock_guard lock(registry().mutex);
  LiveCounts sum = registry().ended;
  for (const ThreadState* state : registry().threads) add(sum, *state);
  return sum;
}

}  // namespace cresset
