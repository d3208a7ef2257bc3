#include "core/team.h"

#include <cresset/threads.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/check.h"
#include "core/cpu_info.h"
#include "core/futex.h"

namespace cresset {
namespace {

using Body = FunctionRef<void(std::int64_t)>;

// Long enough to bridge the gap between two ops of a training step, short enough that an idle process costs nothing.
constexpr auto kSpin = std::chrono::microseconds(40);

// More chunks than the ticket can count are run serially.
constexpr std::int64_t kMaxChunks = std::numeric_limits<std::uint32_t>::max();

// The calling thread is inside a chunk.
[[gnu::tls_model("initial-exec")]] constinit thread_local bool t_inside = false;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits for ready() by spinning; false where it took longer than kSpin.
template <class Ready>
bool spin_until(Ready ready) {
  for (int i = 0; i < 32; ++i) {  // the common case needs no clock
    if (ready()) return true;
    pause();
  }
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 16; ++i) {
      if (ready()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return ready();
}

// A job is open from the store to ticket_ until pending_ is zero. The ticket holds the job's number (upper half) and
// how many of its chunks are not yet taken (lower half): whoever lowers it owns a chunk, and with it the certainty that
// the job's fields stay as they are. A worker that comes late takes nothing and touches nothing, so nobody waits for
// it.
class Team {
 public:
  explicit Team(int threads) : threads_(threads) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  // signals go to the program's own threads
    for (int i = 1; i < threads; ++i) {
      users_.fetch_add(1, std::memory_order_relaxed);
      try {
        std::thread([this] {
          pthread_setname_np(pthread_self(), "cresset");
          work();
          leave();
        }).detach();
      } catch (const std::system_error&) {  // the system gives no more threads: fewer do the work
        users_.fetch_sub(1, std::memory_order_relaxed);
        break;
      }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  int threads() const { return threads_; }

  // The workers end by themselves, and the last one deletes the team.
  void retire() {
    stop_.store(true, std::memory_order_seq_cst);
    wake_.fetch_add(1, std::memory_order_seq_cst);
    futex_wake(wake_);
    leave();
  }

  void run(std::int64_t chunks, Body body) {
    body_ = &body;
    chunks_ = chunks;
    failed_.store(std::numeric_limits<std::int64_t>::max(), std::memory_order_relaxed);
    pending_.store(static_cast<std::uint32_t>(chunks), std::memory_order_relaxed);
    ++job_;
    ticket_.store(std::uint64_t(job_) << 32 | static_cast<std::uint64_t>(chunks), std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) != 0) {
      wake_.fetch_add(1, std::memory_order_seq_cst);
      futex_wake(wake_, static_cast<int>(std::min<std::int64_t>(chunks - 1, INT_MAX)));
    }
    take_chunks();
    if (!spin_until([&] { return pending_.load(std::memory_order_acquire) == 0; })) sleep_until_done();
    if (failed_.load(std::memory_order_relaxed) != std::numeric_limits<std::int64_t>::max())
      std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  void take_chunks() {
    std::uint32_t done = 0;
    std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
    while (static_cast<std::uint32_t>(ticket) != 0) {
      if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel, std::memory_order_acquire))
        continue;
      run_chunk(chunks_ - static_cast<std::int64_t>(static_cast<std::uint32_t>(ticket)));
      ++done;
      ticket = ticket_.load(std::memory_order_acquire);
    }
    if (done != 0 && pending_.fetch_sub(done, std::memory_order_seq_cst) == done &&
        caller_sleeps_.load(std::memory_order_seq_cst))
      futex_wake(pending_, 1);
  }

  // Chunks are taken in ascending order, so those below the lowest failure so far have all been taken and must run;
  // those above it need not.
  void run_chunk(std::int64_t i) {
    if (i > failed_.load(std::memory_order_relaxed)) return;
    try {
      (*body_)(i);
    } catch (...) {
      const std::lock_guard lock(error_mutex_);
      if (i < failed_.load(std::memory_order_relaxed)) {
        failed_.store(i, std::memory_order_relaxed);
        error_ = std::current_exception();
      }
    }
  }

  void sleep_until_done() {
    caller_sleeps_.store(true, std::memory_order_seq_cst);
    for (std::uint32_t left; (left = pending_.load(std::memory_order_seq_cst)) != 0;) futex_wait(pending_, left);
    caller_sleeps_.store(false, std::memory_order_relaxed);
  }

  void work() {
    t_inside = true;
    const auto called = [this] {
      return static_cast<std::uint32_t>(ticket_.load(std::memory_order_acquire)) != 0 ||
             stop_.load(std::memory_order_relaxed);
    };
    while (!stop_.load(std::memory_order_acquire)) {
      if (!spin_until(called)) {
        const std::uint32_t before = wake_.load(std::memory_order_seq_cst);
        sleepers_.fetch_add(1, std::memory_order_seq_cst);
        // Looks again after it has said that it sleeps: the caller publishes first and asks for sleepers then.
        if (static_cast<std::uint32_t>(ticket_.load(std::memory_order_seq_cst)) == 0 &&
            !stop_.load(std::memory_order_seq_cst))
          futex_wait(wake_, before);
        sleepers_.fetch_sub(1, std::memory_order_seq_cst);
      }
      take_chunks();
    }
  }

  void leave() {
    if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  const int threads_;
  std::uint32_t job_ = 0;
  Body* body_ = nullptr;
  std::int64_t chunks_ = 0;
  std::atomic<std::int64_t> failed_{0};  // the lowest chunk that threw
  std::exception_ptr error_;
  std::mutex error_mutex_;
  std::atomic<bool> caller_sleeps_{false};
  std::atomic<bool> stop_{false};
  std::atomic<int> users_{1};
  alignas(64) std::atomic<std::uint64_t> ticket_{0};
  alignas(64) std::atomic<std::uint32_t> pending_{0};
  alignas(64) std::atomic<std::uint32_t> wake_{0};
  std::atomic<std::uint32_t> sleepers_{0};
};

// No destructor: a static destructor of the program may still compute, and sleeping workers end with the process.
struct Shared {
  std::atomic<int> threads{0};  // 0: not yet asked for
  std::atomic<bool> busy{false};
  Team* team = nullptr;  // guarded by busy
  bool fork_handled = false;
};
constinit Shared g_shared;

// The workers do not exist in a forked child; it makes its own when it first needs them. The old team's memory is left
// alone, since its threads' state is unknown.
void forget_team() {
  g_shared.team = nullptr;
  g_shared.busy.store(false, std::memory_order_relaxed);
}

Team& team_of(int threads) {
  if (g_shared.team != nullptr && g_shared.team->threads() != threads) {
    g_shared.team->retire();
    g_shared.team = nullptr;
  }
  if (g_shared.team == nullptr) {
    if (!g_shared.fork_handled) g_shared.fork_handled = pthread_atfork(nullptr, nullptr, forget_team) == 0;
    g_shared.team = new Team(threads);
  }
  return *g_shared.team;
}

// Marks the calling thread as inside a chunk, and gives the team back.
struct InsideTeam {
  InsideTeam() { t_inside = true; }
  ~InsideTeam() {
    t_inside = false;
    g_shared.busy.store(false, std::memory_order_release);
  }
};

}  // namespace

int get_num_threads() {
  int threads = g_shared.threads.load(std::memory_order_relaxed);
  if (threads == 0) {
    int unset = 0;
    threads = usable_cores();
    if (!g_shared.threads.compare_exchange_strong(unset, threads, std::memory_order_relaxed)) threads = unset;
  }
  return threads;
}

void set_num_threads(int count) {
  check<ValueError>(count >= 1, "set_num_threads: count must be at least 1, got {}", count);
  g_shared.threads.store(count, std::memory_order_relaxed);
}

void parallel_for(std::int64_t chunks, Body body) {
  if (chunks > 1 && !t_inside && chunks <= kMaxChunks) {
    const int threads = get_num_threads();
    if (threads > 1 && !g_shared.busy.load(std::memory_order_relaxed) &&
        !g_shared.busy.exchange(true, std::memory_order_acquire)) {
      const InsideTeam inside;
      team_of(threads).run(chunks, body);
      return;
    }
  }
  for (std::int64_t i = 0; i < chunks; ++i) body(i);
}

}  // namespace cresset
