// What belongs to one thread: recording modes, the tape's clock, live counts. Trivial, so that reading it is one
// instruction.
#pragma once

#include <cresset/random.h>

#include <atomic>
#include <cstdint>

namespace cresset {

struct AutocastState;
struct DispatchState;
namespace trace {
class Recorder;
}

struct ThreadState {
  bool grad_enabled = true;
  bool inference_mode = false;
  bool anomaly_mode = false;
  bool registered = false;                  // its counts are summed by live_counts()
  std::uint64_t clock = 1;                  // sequence number of this thread's next node
  const Generator* generator = nullptr;     // null: the process's
  const DispatchState* dispatch = nullptr;  // null: the process's
  AutocastState* autocast = nullptr;        // null: no region is entered
  trace::Recorder* recorder = nullptr;      // what ops are written down in; mostly null
  // Written by this thread only, read by live_counts(). An object may be freed by another thread than made it, so one
  // thread's may be negative.
  std::atomic<std::int64_t> nodes{0}, tensors{0}, storage_bytes{0};
};

[[gnu::tls_model("initial-exec")]] extern constinit thread_local ThreadState thread_state;

void register_thread_state() noexcept;

inline void count_live(std::atomic<std::int64_t> ThreadState::*counter, std::int64_t change) noexcept {
  ThreadState& state = thread_state;
  if (!state.registered) [[unlikely]]
    register_thread_state();
  auto& value = state.*counter;
  value.store(value.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

}  // namespace cresset
