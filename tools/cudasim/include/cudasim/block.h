// A block of a grid and its threads. Kernels call into here for every barrier and collective.
//
// Threads of a block are fibers of one OS thread. A fiber runs one thread after the other until one has to wait; only
// then is another fiber needed, so a kernel without barriers costs a loop.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <cstdint>

#include "../vector_types.h"
#include "config.h"

namespace cudasim {

struct Where {
  const char* file;
  int line;
};

/// Runs once for all lanes of a collective; `lanes[i]` is what lane i left, for the bits of `mask`.
using Exchange = void (*)(void* const* lanes, unsigned mask);

struct Fiber {
  boost::context::detail::fcontext_t context;
  const void* stack;
  size_t size;
  void* fake_stack;  // AddressSanitizer's
  void* tsan;
};

struct Thread {
  enum State : unsigned char { kUnborn, kRunning, kDone };
  uint3 index;
  unsigned linear;
  State state;
  Fiber* fiber;
  const char* what;  // the barrier or collective that it has reached last
  Where where;
  unsigned mask;
  Exchange exchange;
  void* arguments;
  unsigned copies;         // cp.async: issued and not yet waited for
  unsigned copy_group;     // cp.async: groups committed
  char token;              // ThreadSanitizer: what this thread did before a collective
  char* collective_token;  // ThreadSanitizer: what all of them did
};

struct Warp {
  unsigned waiting;  // lanes at a collective
  unsigned exited;   // lanes whose thread has returned, and those beyond the block's end
  unsigned tokens;
  char token[4];
};

struct Launch;

/// What the inlined paths need; the rest is Runner's (src/runner.h).
struct Block {
  Launch* launch;
  Thread* threads;
  Warp* warps;
  unsigned count;         // of threads
  const unsigned* order;  // in which they begin
  unsigned begun, finished;
  Thread* now;
  Thread** ready;  // a ring
  unsigned ready_mask, head, tail;
  Thread** at_barrier;
  unsigned arrived;
  bool same_place;  // all at one line's barrier so far
  bool failed;
  unsigned phase;
  unsigned votes[2];  // of __syncthreads_count, by parity of the phase
  Fiber* fiber;
  Fiber home;
  Fiber** idle;
  unsigned idle_count;
  char barrier_token[2];
  char end_token;  // what all threads did

  CUDASIM_API Fiber* another_fiber();
  /// Leaves word at the collective; true for the last lane, which acts for all.
  CUDASIM_API bool arrive(Thread& me, bool orders_memory);
  /// A thread returned while others of its warp wait at a collective, or with copies not waited for.
  CUDASIM_API void ended_early(Thread& me);
  [[noreturn]] CUDASIM_API void different_barriers();

  CUDASIM_HOT Fiber* next();
  CUDASIM_HOT void switch_to(Fiber* to);
  CUDASIM_HOT void landed(boost::context::detail::transfer_t transfer);
  CUDASIM_HOT void wait(Thread& me);
  CUDASIM_HOT void barrier_inlined(Where where);
  CUDASIM_HOT void collective_inlined(const char* what, unsigned mask, void* arguments, Exchange exchange,
                                      bool orders_memory, Where where);
  /// The next thread that this fiber may run from its start; false when there is none.
  CUDASIM_HOT bool begin_thread_inlined();
  CUDASIM_HOT void end_thread_inlined();
#if CUDASIM_TSAN
  // Not instrumented, because compiled into the simulator's library.
  CUDASIM_API bool begin_thread();
  CUDASIM_API void end_thread();
  CUDASIM_API void barrier(Where where);
  CUDASIM_API void collective(const char* what, unsigned mask, void* arguments, Exchange exchange, bool orders_memory,
                              Where where);
#else
  CUDASIM_HOT bool begin_thread() { return begin_thread_inlined(); }
  CUDASIM_HOT void end_thread() { end_thread_inlined(); }
  CUDASIM_HOT void barrier(Where where) { barrier_inlined(where); }
  CUDASIM_HOT void collective(const char* what, unsigned mask, void* arguments, Exchange exchange, bool orders_memory,
                              Where where) {
    collective_inlined(what, mask, arguments, exchange, orders_memory, where);
  }
#endif
};

/// The block that this OS thread runs; null outside kernels.
extern CUDASIM_THREAD_LOCAL Block* running_block;

}  // namespace cudasim

extern CUDASIM_THREAD_LOCAL uint3 threadIdx;
extern CUDASIM_THREAD_LOCAL uint3 blockIdx;
// dim3 has constructors, which a __thread variable may not run: the same members under another type.
namespace cudasim {
struct Extent {
  unsigned x, y, z;
  operator dim3() const { return dim3(x, y, z); }
};
}  // namespace cudasim
extern CUDASIM_THREAD_LOCAL cudasim::Extent blockDim;
extern CUDASIM_THREAD_LOCAL cudasim::Extent gridDim;
constexpr int warpSize = 32;

#include "block_inline.h"
