// Stacks for threads, and what runs on them.
#include <sys/mman.h>

#include <new>

#include "runner.h"

namespace cudasim {
namespace {

#if CUDASIM_ASAN || CUDASIM_TSAN
constexpr size_t kStack = (256 << 10) + 4096;
#else
constexpr size_t kStack = (128 << 10) + 4096;
#endif
constexpr size_t kGuard = 4096;
// Stacks begin at different sets of the caches, or they would evict one another: at different places of a page for the
// first level, and an odd number of pages apart for the second.
constexpr size_t kColour = 64, kColours = 64;

void fiber_main(boost::context::detail::transfer_t transfer) { Runner::instance().fiber_loop(transfer); }

}  // namespace

void Runner::start(Fiber& f) {
  static unsigned colour = 0;
  const size_t offset = colour++ % kColours * kColour;
  f.context = boost::context::detail::make_fcontext(static_cast<char*>(const_cast<void*>(f.stack)) + f.size - offset,
                                                    f.size - offset, fiber_main);
  f.fake_stack = nullptr;
#if CUDASIM_TSAN
  f.tsan = __tsan_create_fiber(0);
#endif
}

Fiber* Runner::new_fiber() {
  void* memory = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  mprotect(memory, kGuard, PROT_NONE);
  fibers_.push_back(std::make_unique<Fiber>());
  Fiber& f = *fibers_.back();
  f.stack = static_cast<char*>(memory) + kGuard;
  f.size = kStack - kGuard;
  start(f);
  idle_store_.resize(fibers_.size());
  idle = idle_store_.data();
  return &f;
}

// ThreadSanitizer orders a new fiber after its maker, so no kernel thread may make one: that hid a race.
void Runner::make_fibers() {
#if CUDASIM_TSAN
  for (auto& set : sets_) {
    while (set.size() < count) set.push_back(new_fiber());
  }
  // Nor may one allocate what others use.
  copies_of(threads[count - 1]);
#endif
}

Fiber* Runner::take_fiber() {
#if CUDASIM_TSAN
  return sets_[set_][taken_++];
#else
  return idle_count != 0 ? idle[--idle_count] : new_fiber();
#endif
}

// After a failure some fibers stand in the middle of a kernel. All start anew.
void Runner::rebuild_fibers() {
  idle_count = 0;
  for (auto& f : fibers_) {
#if CUDASIM_ASAN
    __asan_unpoison_memory_region(f->stack, f->size);
#endif
#if CUDASIM_TSAN
    __tsan_destroy_fiber(f->tsan);
#else
    idle[idle_count++] = f.get();
#endif
    start(*f);
  }
}

void Runner::fiber_loop(boost::context::detail::transfer_t transfer) {
  landed(transfer);
  for (;;) {
    launch->threads();
#if !CUDASIM_TSAN
    idle[idle_count++] = fiber;
#endif
    // next() may hand this very fiber out again: then it goes on at once.
    Fiber* to = next();
    if (to != fiber) switch_to(to);
  }
}

}  // namespace cudasim
