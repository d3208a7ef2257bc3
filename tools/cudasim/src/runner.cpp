#include "runner.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <utility>

#include "accesses.h"
#include "cudasim/atomics.h"
#include "cudasim/intrinsics.h"
#include "report.h"

CUDASIM_THREAD_LOCAL uint3 threadIdx;
CUDASIM_THREAD_LOCAL uint3 blockIdx;
CUDASIM_THREAD_LOCAL cudasim::Extent blockDim;
CUDASIM_THREAD_LOCAL cudasim::Extent gridDim;

namespace cudasim {

CUDASIM_THREAD_LOCAL Block* running_block;

Runner& Runner::instance() {
  // Never destroyed: libraries may launch while the process ends.
  static auto& runner = *new Runner{};
  return runner;
}

void Runner::prepare(Launch& next_launch) {
  launch = &next_launch;
  const dim3 shape = next_launch.block;
  const unsigned threads_wanted = shape.x * shape.y * shape.z;
  if (threads_wanted > thread_store_.size()) {
    thread_store_.resize(threads_wanted);
    warp_store_.resize((threads_wanted + 31) / 32);
    order_store_.resize(threads_wanted);
    barrier_store_.resize(threads_wanted);
    ready_store_.resize(std::bit_ceil(threads_wanted));
    shape_ = dim3(0, 0, 0);
  }
  threads = thread_store_.data();
  warps = warp_store_.data();
  order = order_store_.data();
  ready = ready_store_.data();
  ready_mask = static_cast<unsigned>(ready_store_.size() - 1);
  at_barrier = barrier_store_.data();
  count = threads_wanted;
  if (shape_.x != shape.x || shape_.y != shape.y || shape_.z != shape.z) {
    shape_ = shape;
    for (unsigned i = 0; i < count; ++i) {
      threads[i].linear = i;
      threads[i].index = {i % shape.x, i / shape.x % shape.y, i / shape.x / shape.y};
    }
  }
  error_ = cudaSuccess;
  failed = false;
  static_used_ = 0;
  gridDim = {next_launch.grid.x, next_launch.grid.y, next_launch.grid.z};
  blockDim = {shape.x, shape.y, shape.z};
}

// A device promises no order. Ascending, descending, or warps and lanes shuffled: what depends on one fails in another.
void Runner::shuffle_threads(Random* random) {
  std::iota(order_store_.begin(), order_store_.begin() + count, 0u);
  const uint64_t choice = random ? random->below(4) : 0;
  if (choice == 1) {
    std::reverse(order_store_.begin(), order_store_.begin() + count);
  } else if (choice >= 2) {
    const unsigned whole = count / 32;
    for (unsigned i = whole; i > 1; --i) {
      const auto j = static_cast<unsigned>(random->below(i));
      if (j != i - 1) {
        std::swap_ranges(order_store_.begin() + 32 * j, order_store_.begin() + 32 * j + 32,
                         order_store_.begin() + 32 * (i - 1));
      }
    }
    const auto rotate = static_cast<unsigned>(random->below(32));
    for (unsigned w = 0; w < whole; ++w) {
      std::rotate(order_store_.begin() + 32 * w, order_store_.begin() + 32 * w + rotate,
                  order_store_.begin() + 32 * w + 32);
    }
  }
}

cudaError Runner::run(Launch& next_launch, const SharedLimits& limits, Random* random, unsigned char poison) {
  prepare(next_launch);
  shuffle_threads(random);
  limits_ = limits;
  poison_ = poison;
  make_fibers();
#if CUDASIM_TSAN
  home.tsan = __tsan_get_current_fiber();
  __tsan_release(&start_token_);
#endif
  fiber = &home;
  Block* outer = std::exchange(running_block, this);
  const dim3 grid = next_launch.grid;
  const uint64_t blocks = uint64_t{grid.x} * grid.y * grid.z;
  // Ascending, or from a drawn start in a drawn direction.
  const uint64_t first = random ? random->below(blocks) : 0;
  const bool backwards = random && random->below(2) == 1;
  if (recording) {
    begin_recorded_launch(next_launch);
    for (const uint64_t i : blocks_to_record(blocks)) {
      if (!failed) run_block(i);
    }
    end_recorded_launch();
  } else {
    for (uint64_t n = 0; n < blocks && !failed; ++n) {
      const uint64_t i = n + first < blocks ? n + first : n + first - blocks;
      run_block(backwards ? blocks - 1 - i : i);
    }
  }
  running_block = outer;
#if CUDASIM_TSAN
  __tsan_acquire(&end_token);
#endif
  release_shared_memory();
  for (void* memory : old_shared_) std::free(memory);
  old_shared_.clear();
  if (failed) rebuild_fibers();
  launch = nullptr;
  return error_;
}

void Runner::run_block(uint64_t index) {
  blockIdx = {static_cast<unsigned>(index % gridDim.x), static_cast<unsigned>(index / gridDim.x % gridDim.y),
              static_cast<unsigned>(index / gridDim.x / gridDim.y)};
  begun = finished = head = tail = arrived = phase = 0;
  votes[0] = votes[1] = 0;
  now = nullptr;
  same_place = true;
  taken_ = 0;
  set_ ^= 1;
  const unsigned warps_used = (count + 31) / 32;
  for (unsigned w = 0; w < warps_used; ++w) warps[w].waiting = warps[w].exited = 0;
  if (count % 32 != 0) warps[warps_used - 1].exited = ~0u << count % 32;
  for (unsigned i = 0; i < count; ++i) threads[i].state = Thread::kUnborn;
  while (!failed && (begun < count || head != tail)) switch_to(next());
  if (!failed && finished < count) {
    for (unsigned i = 0; i < count; ++i) {
      if (threads[i].state != Thread::kDone) {
        now = &threads[i];
        break;
      }
    }
    failed = true;
    error_ = cudaErrorLaunchTimeout;  // a device hangs
    const bool warp_only = std::strcmp(now->what, "__syncthreads") != 0;
    report(
        warp_only ? "wrong warp mask" : "divergent barrier",
        position() + (warp_only ? ": not all lanes of the mask arrive: " : ": not all threads reach it: ") + waiting());
  }
  if (recording) end_recorded_block(*this);
  release_shared_memory();
}

void Runner::fail(const char* kind, cudaError error, std::string text) {
  if (!failed) {
    failed = true;
    error_ = error;
    report(kind, position() + ": " + text);
  }
  // The fiber is abandoned with what is on its stack: kernels own nothing, and nor may this text.
  std::string().swap(text);
#if CUDASIM_TSAN
  __tsan_release(&end_token);
#endif
  switch_to(&home);
  __builtin_unreachable();
}

std::string Runner::position() const {
  if (launch == nullptr || now == nullptr) return "host code";
  return format("kernel %s, block (%u,%u,%u), thread (%u,%u,%u)", kernel_name(*launch->kernel).c_str(), blockIdx.x,
                blockIdx.y, blockIdx.z, now->index.x, now->index.y, now->index.z);
}

std::string Runner::waiting() const {
  const auto text = [](const Thread& t) -> std::string {
    if (t.state == Thread::kDone) return "finished";
    if (t.state == Thread::kUnborn) return "not begun";
    const char* base = std::strrchr(t.where.file, '/');
    return format("in %s at %s:%d", t.what, base ? base + 1 : t.where.file, t.where.line);
  };
  std::string out;
  for (unsigned i = 0, end = 0; i < count; i = end) {
    const std::string state = text(threads[i]);
    for (end = i + 1; end < count && text(threads[end]) == state;) ++end;
    out += format(i == 0 ? "threads %u-%u %s" : "; %u-%u %s", i, end - 1, state.c_str());
  }
  return out;
}

AsyncCopy* Runner::copies_of(const Thread& thread) {
  const size_t wanted = size_t{kMaxCopies} * (thread.linear + 1);
  if (copy_store_.size() < wanted) copy_store_.resize(size_t{kMaxCopies} * 1024);
  return copy_store_.data() + size_t{kMaxCopies} * thread.linear;
}

// ---- what Block calls

bool Block::arrive(Thread& me, [[maybe_unused]] bool orders_memory) {
  auto& runner = static_cast<Runner&>(*this);
  Warp& warp = warps[me.linear / 32];
  Thread* first = &threads[me.linear / 32 * 32];
  const unsigned mask = me.mask, bit = 1u << me.linear % 32;
  if (!(mask & bit)) {
    runner.fail("wrong warp mask", cudaErrorLaunchFailure,
                format("%s at %s:%d by lane %u, which its mask %08x leaves out", me.what, me.where.file, me.where.line,
                       me.linear % 32, mask));
  }
  warp.waiting |= bit;
  const unsigned present = mask & ~warp.exited;
  if ((warp.waiting & present) != present) return false;
  me.collective_token = &warp.token[warp.tokens++ % 4];
  void* lanes[32] = {};
  for (unsigned rest = present; rest != 0; rest &= rest - 1) {
    Thread& t = first[std::countr_zero(rest)];
    if (t.mask != mask || t.exchange != me.exchange) {
      runner.fail("wrong warp mask", cudaErrorLaunchFailure,
                  format("%s with mask %08x: lane %u is in %s with mask %08x at %s:%d", me.what, mask, t.linear % 32,
                         t.what, t.mask, t.where.file, t.where.line));
    }
    lanes[t.linear % 32] = t.arguments;
    t.collective_token = me.collective_token;
#if CUDASIM_TSAN
    if (orders_memory) __tsan_acquire(&t.token);
#endif
    if (&t != &me) ready[tail++ & ready_mask] = &t;
  }
  warp.waiting &= ~mask;
  if (me.exchange != nullptr) me.exchange(lanes, present);
#if CUDASIM_TSAN
  if (orders_memory) __tsan_release(me.collective_token);
#endif
  return true;
}

void Block::ended_early(Thread& me) {
  auto& runner = static_cast<Runner&>(*this);
  if (me.copies != 0) {
    runner.fail("unfinished copy", cudaErrorLaunchFailure, "the thread returned before it waited for its cp.async");
  }
  // Lanes that have waited for this one alone can go on: the last of them acts for all.
  Warp& warp = warps[me.linear / 32];
  for (unsigned rest = warp.waiting; rest != 0; rest &= rest - 1) {
    Thread& t = threads[me.linear / 32 * 32 + std::countr_zero(rest)];
    const unsigned present = t.mask & ~warp.exited;
    if ((warp.waiting & present) != present) continue;
    now = &t;
    const bool orders_memory = t.exchange == nullptr;
    if (arrive(t, orders_memory)) ready[tail++ & ready_mask] = &t;
    now = &me;
    return;
  }
}

void Block::different_barriers() {
  auto& runner = static_cast<Runner&>(*this);
  runner.fail("divergent barrier", cudaErrorLaunchTimeout, "threads are at different barriers: " + runner.waiting());
}

Fiber* Block::another_fiber() { return static_cast<Runner&>(*this).take_fiber(); }

#if CUDASIM_TSAN
bool Block::begin_thread() {
  auto& runner = static_cast<Runner&>(*this);
  // To ThreadSanitizer a fiber is a thread: it runs one, not one after another.
  if (now != nullptr && now->fiber == fiber && now->state == Thread::kDone) return false;
  if (!begin_thread_inlined()) return false;
  const std::string name = format("block (%u,%u,%u) thread (%u,%u,%u)", blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x,
                                  threadIdx.y, threadIdx.z);
  __tsan_set_fiber_name(fiber->tsan, name.c_str());
  __tsan_acquire(&runner.start_token_);
  return true;
}

void Block::end_thread() {
  __tsan_release(&end_token);
  end_thread_inlined();
}

void Block::barrier(Where where) { barrier_inlined(where); }

void Block::collective(const char* what, unsigned mask, void* arguments, Exchange exchange, bool orders_memory,
                       Where where) {
  collective_inlined(what, mask, arguments, exchange, orders_memory, where);
}
#endif

void trap(Where where) {
  Runner::instance().fail("trap", cudaErrorLaunchFailure, format("__trap() at %s:%d", where.file, where.line));
}

void fence() {
#if CUDASIM_TSAN
  static char token;
  __tsan_release(&token);
  __tsan_acquire(&token);
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

}  // namespace cudasim
