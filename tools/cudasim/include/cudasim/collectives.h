// Barriers, shuffles, votes, matches and warp reductions. A default argument names the caller's line in reports.
#pragma once

#include <cstring>
#include <type_traits>

#include "block.h"

#define CUDASIM_HERE cudasim::Where where = {__builtin_FILE(), __builtin_LINE()}

namespace cudasim {

/// What a lane leaves for a shuffle: its value, the lane it reads; its answer comes back in `value`.
struct ShuffleLane {
  unsigned long long value;
  unsigned from;
};
/// What a lane leaves for a vote, match or reduction.
struct VoteLane {
  unsigned long long value;
  int predicate;
};

// Compiled into the library, so that ThreadSanitizer does not take their reading of other lanes for a race.
CUDASIM_API void exchange_shuffle(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_ballot(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_match_any(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_match_all(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_add(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_min(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_max(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_min_signed(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_max_signed(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_and(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_or(void* const* lanes, unsigned mask);
CUDASIM_API void exchange_xor(void* const* lanes, unsigned mask);
/// Sum over the block of 1 where the predicate holds; a barrier.
CUDASIM_API int barrier_count(int predicate, Where where);

inline unsigned lane() { return running_block->now->linear % 32; }

template <class T>
CUDASIM_HOT T shuffle(const char* what, unsigned mask, T value, unsigned from, Where where) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  ShuffleLane own{0, from};
  std::memcpy(&own.value, &value, sizeof(T));
  running_block->collective(what, mask, &own, exchange_shuffle, false, where);
  std::memcpy(&value, &own.value, sizeof(T));
  return value;
}

CUDASIM_HOT VoteLane vote(const char* what, unsigned mask, unsigned long long value, Exchange exchange, Where where) {
  VoteLane own{value, 0};
  running_block->collective(what, mask, &own, exchange, false, where);
  return own;
}

}  // namespace cudasim

CUDASIM_HOT void __syncthreads(CUDASIM_HERE) { cudasim::running_block->barrier(where); }
CUDASIM_HOT void __syncwarp(unsigned mask = 0xffffffffu, CUDASIM_HERE) {
  cudasim::running_block->collective("__syncwarp", mask, nullptr, nullptr, true, where);
}
inline int __syncthreads_count(int predicate, CUDASIM_HERE) { return cudasim::barrier_count(predicate, where); }
inline int __syncthreads_or(int predicate, CUDASIM_HERE) { return cudasim::barrier_count(predicate, where) != 0; }
inline int __syncthreads_and(int predicate, CUDASIM_HERE) { return cudasim::barrier_count(predicate == 0, where) == 0; }

template <class T>
CUDASIM_HOT T __shfl_sync(unsigned mask, T value, int from, int width = 32, CUDASIM_HERE) {
  const unsigned own = cudasim::lane();
  return cudasim::shuffle("__shfl_sync", mask, value, (own & -width) + (from & (width - 1)), where);
}
template <class T>
CUDASIM_HOT T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, CUDASIM_HERE) {
  const unsigned own = cudasim::lane(), from = own ^ bits;
  return cudasim::shuffle("__shfl_xor_sync", mask, value, from < (own & -width) + width ? from : own, where);
}
template <class T>
CUDASIM_HOT T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, CUDASIM_HERE) {
  const unsigned own = cudasim::lane();
  return cudasim::shuffle("__shfl_up_sync", mask, value, (own & (width - 1)) >= by ? own - by : own, where);
}
template <class T>
CUDASIM_HOT T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, CUDASIM_HERE) {
  const unsigned own = cudasim::lane();
  const bool inside = (own & (width - 1)) + by < static_cast<unsigned>(width);
  return cudasim::shuffle("__shfl_down_sync", mask, value, inside ? own + by : own, where);
}

CUDASIM_HOT unsigned __ballot_sync(unsigned mask, int predicate, CUDASIM_HERE) {
  return static_cast<unsigned>(
      cudasim::vote("__ballot_sync", mask, predicate != 0, cudasim::exchange_ballot, where).value);
}
CUDASIM_HOT int __any_sync(unsigned mask, int predicate, CUDASIM_HERE) {
  return cudasim::vote("__any_sync", mask, predicate != 0, cudasim::exchange_ballot, where).value != 0;
}
CUDASIM_HOT int __all_sync(unsigned mask, int predicate, CUDASIM_HERE) {
  return cudasim::vote("__all_sync", mask, predicate == 0, cudasim::exchange_ballot, where).value == 0;
}
/// Any set of lanes that holds the caller is a legal answer on a device; the caller alone is the one that assumes
/// nothing.
inline unsigned __activemask() { return 1u << cudasim::lane(); }

template <class T>
unsigned __match_any_sync(unsigned mask, T value, CUDASIM_HERE) {
  unsigned long long bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return static_cast<unsigned>(cudasim::vote("__match_any_sync", mask, bits, cudasim::exchange_match_any, where).value);
}
template <class T>
unsigned __match_all_sync(unsigned mask, T value, int* all, CUDASIM_HERE) {
  unsigned long long bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  const auto answer = cudasim::vote("__match_all_sync", mask, bits, cudasim::exchange_match_all, where);
  *all = answer.predicate;
  return static_cast<unsigned>(answer.value);
}

/// Ends the kernel where the device's compute capability is below `sm`.
namespace cudasim {
CUDASIM_API void require_sm(int sm, const char* what, Where where);
}

#define CUDASIM_REDUCE(name, T, operation)                                                    \
  inline T name(unsigned mask, T value, CUDASIM_HERE) {                                       \
    cudasim::require_sm(80, #name, where);                                                    \
    const auto wide = static_cast<unsigned long long>(static_cast<long long>(value));         \
    return static_cast<T>(cudasim::vote(#name, mask, wide, cudasim::operation, where).value); \
  }
CUDASIM_REDUCE(__reduce_add_sync, unsigned, exchange_add)
CUDASIM_REDUCE(__reduce_add_sync, int, exchange_add)
CUDASIM_REDUCE(__reduce_min_sync, unsigned, exchange_min)
CUDASIM_REDUCE(__reduce_min_sync, int, exchange_min_signed)
CUDASIM_REDUCE(__reduce_max_sync, unsigned, exchange_max)
CUDASIM_REDUCE(__reduce_max_sync, int, exchange_max_signed)
CUDASIM_REDUCE(__reduce_and_sync, unsigned, exchange_and)
CUDASIM_REDUCE(__reduce_or_sync, unsigned, exchange_or)
CUDASIM_REDUCE(__reduce_xor_sync, unsigned, exchange_xor)
#undef CUDASIM_REDUCE
