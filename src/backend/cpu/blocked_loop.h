// Brings any StridedLoop to kernels that know dense arrays only: operands that are not dense are gathered into small
// buffers, block by block, and outputs scattered back.
#pragma once

#include <cresset/extension/pointwise.h>

#include <cstddef>

#include "core/team.h"

namespace cresset::cpu {

// Elements of a chunk that one thread takes; below it nobody is woken.
inline constexpr std::int64_t kChunkElements = 32768;

// One operand of a loop; operand 0 is the output.
struct LoopOperand {
  void* data;
  std::size_t element_size;
  const std::int64_t* strides;
};

inline constexpr int kMaxOperands = 4;

// Calls dense(pointers, n) for blocks that together are the whole loop, in parallel where it is large. Every pointer
// holds n dense elements; pointers[0] is written.
void for_each_block(int dims, const std::int64_t* sizes, const LoopOperand* operands, int count,
                    FunctionRef<void(void* const* pointers, std::int64_t n)> dense);

// Whether all operands are dense: one dimension of stride 1, or one element.
template <int kOperands>
bool is_dense(const StridedLoop<kOperands>& loop) {
  if (loop.dims == 0) return true;
  if (loop.dims != 1) return false;
  for (int k = 0; k < kOperands; ++k)
    if (loop.strides[k][0] != 1 && loop.sizes[0] != 1) return false;
  return true;
}

}  // namespace cresset::cpu
