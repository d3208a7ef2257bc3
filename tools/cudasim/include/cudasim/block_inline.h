// The hot paths of Block: from a barrier to the switch of stacks without a call that returns.
#pragma once

namespace cudasim {

bool Block::begin_thread_inlined() {
  if (begun == count) return false;
  Thread& t = threads[order[begun++]];
  t.state = Thread::kRunning;
  t.fiber = fiber;
  t.copies = 0;
  t.copy_group = 0;
  now = &t;
  threadIdx = t.index;
  return true;
}

void Block::end_thread_inlined() {
  Thread& me = *now;
  me.state = Thread::kDone;
  ++finished;
  Warp& warp = warps[me.linear / 32];
  warp.exited |= 1u << me.linear % 32;
  if (warp.waiting != 0 || me.copies != 0) ended_early(me);
}

Fiber* Block::next() {
  if (failed) return &home;
  if (head == tail) return begun < count ? another_fiber() : &home;
  return ready[head++ & ready_mask]->fiber;
}

void Block::landed(boost::context::detail::transfer_t transfer) {
  auto* from = static_cast<Fiber*>(transfer.data);
  from->context = transfer.fctx;
#if CUDASIM_ASAN
  const void* bottom = nullptr;
  size_t size = 0;
  __sanitizer_finish_switch_fiber(fiber->fake_stack, &bottom, &size);
  if (from == &home) home.stack = bottom, home.size = size;
#endif
}

void Block::switch_to(Fiber* to) {
  Fiber* from = fiber;
  fiber = to;
#if CUDASIM_ASAN
  __sanitizer_start_switch_fiber(&from->fake_stack, to->stack, to->size);
#endif
#if CUDASIM_TSAN
  __tsan_switch_to_fiber(to->tsan, __tsan_switch_to_fiber_no_sync);
#endif
  landed(boost::context::detail::jump_fcontext(to->context, from));
}

void Block::wait(Thread& me) {
  Fiber* to = next();
#if CUDASIM_TSAN
  // It may never come back, where another thread fails: what it did is then over when the launch is.
  __tsan_release(&end_token);
#endif
  switch_to(to);
  now = &me;
  threadIdx = me.index;
}

void Block::barrier_inlined(Where where) {
  Thread& me = *now;
  me.where = where;
  me.what = "__syncthreads";
#if CUDASIM_TSAN
  // Two by turns: who arrives at the next barrier must not be ordered after who still leaves this one.
  char* token = &barrier_token[phase & 1];
  __tsan_release(token);
#endif
  if (arrived != 0) same_place &= at_barrier[0]->where.line == where.line && at_barrier[0]->where.file == where.file;
  at_barrier[arrived++] = &me;
  if (arrived == count) {
    if (!same_place) different_barriers();
    for (unsigned i = 0; i + 1 < count; ++i) ready[tail++ & ready_mask] = at_barrier[i];
    arrived = 0;
    // Votes of the barrier before this one: all have read them, or they would not be here.
    votes[++phase & 1] = 0;
  } else {
    wait(me);
  }
#if CUDASIM_TSAN
  __tsan_acquire(token);
#endif
}

void Block::collective_inlined(const char* what, unsigned mask, void* arguments, Exchange exchange,
                               [[maybe_unused]] bool orders_memory, Where where) {
  Thread& me = *now;
  me.what = what;
  me.where = where;
  me.mask = mask;
  me.exchange = exchange;
  me.arguments = arguments;
#if CUDASIM_TSAN
  if (orders_memory) __tsan_release(&me.token);
#endif
  if (!arrive(me, orders_memory)) wait(me);
#if CUDASIM_TSAN
  if (orders_memory) __tsan_acquire(me.collective_token);  // a shuffle orders no memory, and gives no edge here
#endif
}

}  // namespace cudasim
