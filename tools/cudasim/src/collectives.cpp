// What the collectives of a warp do with the lanes' arguments.
#include "cudasim/collectives.h"

#include <bit>

#include "report.h"
#include "runner.h"

namespace cudasim {
namespace {

template <class F>
void each(unsigned mask, F act) {
  for (unsigned rest = mask; rest != 0; rest &= rest - 1) act(static_cast<unsigned>(std::countr_zero(rest)));
}

template <class F>
void reduce(void* const* lanes, unsigned mask, F combine) {
  const auto first = static_cast<unsigned>(std::countr_zero(mask));
  unsigned long long all = static_cast<VoteLane*>(lanes[first])->value;
  each(mask & (mask - 1), [&](unsigned i) { all = combine(all, static_cast<VoteLane*>(lanes[i])->value); });
  each(mask, [&](unsigned i) { static_cast<VoteLane*>(lanes[i])->value = all; });
}

}  // namespace

void exchange_shuffle(void* const* lanes, unsigned mask) {
  unsigned long long values[32];
  each(mask, [&](unsigned i) { values[i] = static_cast<ShuffleLane*>(lanes[i])->value; });
  each(mask, [&](unsigned i) {
    auto& lane = *static_cast<ShuffleLane*>(lanes[i]);
    if (!(mask >> lane.from & 1)) {
      Runner& runner = Runner::instance();
      const Thread& t = runner.threads[runner.now->linear / 32 * 32 + i];
      runner.fail("wrong warp mask", cudaErrorLaunchFailure,
                  format("%s at %s:%d: lane %u reads lane %u, which does not take part (mask %08x)", t.what,
                         t.where.file, t.where.line, i, lane.from, t.mask));
    }
    lane.value = values[lane.from];
  });
}

void exchange_ballot(void* const* lanes, unsigned mask) {
  unsigned all = 0;
  each(mask, [&](unsigned i) { all |= static_cast<unsigned>(static_cast<VoteLane*>(lanes[i])->value) << i; });
  each(mask, [&](unsigned i) { static_cast<VoteLane*>(lanes[i])->value = all; });
}

void exchange_match_any(void* const* lanes, unsigned mask) {
  unsigned long long values[32];
  each(mask, [&](unsigned i) { values[i] = static_cast<VoteLane*>(lanes[i])->value; });
  each(mask, [&](unsigned i) {
    unsigned same = 0;
    each(mask, [&](unsigned j) { same |= (values[j] == values[i] ? 1u : 0u) << j; });
    static_cast<VoteLane*>(lanes[i])->value = same;
  });
}

void exchange_match_all(void* const* lanes, unsigned mask) {
  bool all = true;
  const auto first = static_cast<VoteLane*>(lanes[std::countr_zero(mask)])->value;
  each(mask, [&](unsigned i) { all &= static_cast<VoteLane*>(lanes[i])->value == first; });
  each(mask, [&](unsigned i) { *static_cast<VoteLane*>(lanes[i]) = {all ? mask : 0u, all}; });
}

void exchange_add(void* const* lanes, unsigned mask) {
  reduce(lanes, mask, [](auto a, auto b) { return a + b; });
}
void exchange_min(void* const* lanes, unsigned mask) {
  reduce(lanes, mask, [](auto a, auto b) { return static_cast<unsigned>(a) < static_cast<unsigned>(b) ? a : b; });
}
void exchange_max(void* const* lanes, unsigned mask) {
  reduce(lanes, mask, [](auto a, auto b) { return static_cast<unsigned>(a) < static_cast<unsigned>(b) ? b : a; });
}
void exchange_min_signed(void* const* lanes, unsigned mask) {
  reduce(lanes, mask, [](auto a, auto b) { return static_cast<int>(a) < static_cast<int>(b) ? a : b; });
}
void exchange_max_signed(void* const* lanes, unsigned mask) {
  reduce(lanes, mask, [](auto a, auto b) { return static_cast<int>(a) < static_cast<int>(b) ? b : a; });
}
void exchange_and(void* const* lanes, unsigned mask) {
  reduce(lanes, mask, [](auto a, auto b) { return a & b; });
}
void exchange_or(void* const* lanes, unsigned mask) {
  reduce(lanes, mask, [](auto a, auto b) { return a | b; });
}
void exchange_xor(void* const* lanes, unsigned mask) {
  reduce(lanes, mask, [](auto a, auto b) { return a ^ b; });
}

int barrier_count(int predicate, Where where) {
  Block& running = *running_block;
  unsigned& votes = running.votes[running.phase & 1];
  votes += predicate != 0;
  running.barrier(where);
  return static_cast<int>(votes);
}

}  // namespace cudasim
