#include "backend/cpu/blocked_loop.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace cresset::cpu {
namespace {

constexpr std::int64_t kBlock = 512;    // elements of a buffer: four operands of doubles stay in the first-level cache
constexpr std::int64_t kShortRow = 64;  // shorter rows are gathered several at a time

template <class T>
void gather(const T* from, std::int64_t stride, T* to, std::int64_t n) {
  if (stride == 1)
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(T));
  else if (stride == 0)
    std::fill_n(to, n, *from);
  else
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[i * stride];
}

template <class T>
void scatter(const T* from, T* to, std::int64_t stride, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i * stride] = from[i];
}

struct Loop {
  int dims;
  const std::int64_t* sizes;
  std::int64_t row() const { return sizes[dims - 1]; }
};

// Walks the elements [begin, begin + n) of one operand in pieces of rows: piece(offset, first, length).
template <class Piece>
void walk(const Loop& loop, const std::int64_t* strides, std::int64_t begin, std::int64_t n, Piece&& piece) {
  const int last = loop.dims - 1;
  std::int64_t at[kMaxDims], offset = 0, rest = begin;
  for (int d = last; d >= 0; --d) {
    at[d] = rest % loop.sizes[d];
    rest /= loop.sizes[d];
    offset += at[d] * strides[d];
  }
  for (std::int64_t done = 0; done < n;) {
    const std::int64_t length = std::min(n - done, loop.row() - at[last]);
    piece(offset, done, length);
    done += length;
    offset += length * strides[last];
    at[last] += length;
    for (int d = last; d > 0 && at[d] == loop.sizes[d]; --d) {
      offset += strides[d - 1] - strides[d] * loop.sizes[d];
      at[d] = 0;
      ++at[d - 1];
    }
  }
}

template <class T>
void gather_block(const Loop& loop, const LoopOperand& operand, std::int64_t begin, std::int64_t n, void* to) {
  const std::int64_t stride = operand.strides[loop.dims - 1];
  walk(loop, operand.strides, begin, n, [&](std::int64_t offset, std::int64_t first, std::int64_t length) {
    gather(static_cast<const T*>(operand.data) + offset, stride, static_cast<T*>(to) + first, length);
  });
}

template <class T>
void scatter_block(const Loop& loop, const LoopOperand& operand, std::int64_t begin, std::int64_t n, const void* from) {
  const std::int64_t stride = operand.strides[loop.dims - 1];
  walk(loop, operand.strides, begin, n, [&](std::int64_t offset, std::int64_t first, std::int64_t length) {
    scatter(static_cast<const T*>(from) + first, static_cast<T*>(operand.data) + offset, stride, length);
  });
}

// f.template operator()<T>() for an unsigned integer of this size.
template <class F>
void switch_size(std::size_t size, F&& f) {
  switch (size) {
    case 1: f.template operator()<std::uint8_t>(); break;
    case 2: f.template operator()<std::uint16_t>(); break;
    case 4: f.template operator()<std::uint32_t>(); break;
    default: f.template operator()<std::uint64_t>(); break;
  }
}

enum class Way : std::uint8_t {
  dense,     // in place: element i of the loop is element i of the operand
  row,       // in place within a row
  periodic,  // depends on the last dimension only: a buffer, kept from block to block
  buffer
};

Way way_of(const Loop& loop, const LoopOperand& operand, bool is_output) {
  const int last = loop.dims - 1;
  bool dense = true, periodic = true;
  std::int64_t stride = 1;
  for (int d = last; d >= 0; --d) {
    if (loop.sizes[d] != 1) {
      dense = dense && operand.strides[d] == stride;
      periodic = periodic && (d == last || operand.strides[d] == 0);
    }
    stride *= loop.sizes[d];
  }
  if (dense) return Way::dense;
  if (loop.row() >= kShortRow && operand.strides[last] == 1) return Way::row;
  // A row longer than a block repeats only where it is one value.
  return periodic && !is_output && (loop.row() < kShortRow || operand.strides[last] == 0) ? Way::periodic : Way::buffer;
}

void run_range(const Loop& loop, const LoopOperand* operands, const Way* ways, int count, std::int64_t begin,
               std::int64_t end, FunctionRef<void(void* const*, std::int64_t)> dense) {
  alignas(64) std::byte buffers[kMaxOperands][kBlock * sizeof(double)];
  const std::int64_t row = loop.row();
  bool all_dense = true, rows_in_place = true;
  for (int k = 0; k < count; ++k) {
    all_dense = all_dense && ways[k] == Way::dense;
    rows_in_place = rows_in_place && (ways[k] == Way::dense || ways[k] == Way::row);
  }
  const bool short_rows = row < kShortRow;
  std::int64_t filled = 0;  // elements of the periodic buffers, from a row's begin on
  for (std::int64_t at = begin; at < end;) {
    const std::int64_t in_row = at % row;
    std::int64_t n = end - at;
    if (!all_dense) {
      if (!short_rows) n = std::min(n, row - in_row);
      if (!rows_in_place) n = std::min(n, short_rows ? (in_row == 0 ? kBlock / row * row : row - in_row) : kBlock);
    }
    void* pointers[kMaxOperands];
    for (int k = 0; k < count; ++k) {
      const LoopOperand& operand = operands[k];
      const auto bytes = static_cast<std::int64_t>(operand.element_size);
      switch (ways[k]) {
        case Way::dense: pointers[k] = static_cast<std::byte*>(operand.data) + at * bytes; break;
        case Way::row:
          walk(loop, operand.strides, at, 1, [&](std::int64_t offset, std::int64_t, std::int64_t) {
            pointers[k] = static_cast<std::byte*>(operand.data) + offset * bytes;
          });
          break;
        case Way::periodic:
          pointers[k] = buffers[k];
          if (filled < n || (in_row != 0 && operand.strides[loop.dims - 1] != 0))
            switch_size(operand.element_size, [&]<class T>() { gather_block<T>(loop, operand, at, n, buffers[k]); });
          break;
        case Way::buffer:
          pointers[k] = buffers[k];
          if (k != 0)
            switch_size(operand.element_size, [&]<class T>() { gather_block<T>(loop, operand, at, n, buffers[k]); });
      }
    }
    if (short_rows && in_row != 0)
      filled = 0;
    else
      filled = std::max(filled, n);
    dense(pointers, n);
    if (ways[0] == Way::buffer)
      switch_size(operands[0].element_size, [&]<class T>() { scatter_block<T>(loop, operands[0], at, n, buffers[0]); });
    at += n;
  }
}

}  // namespace

void for_each_block(int dims, const std::int64_t* sizes, const LoopOperand* operands, int count,
                    FunctionRef<void(void* const*, std::int64_t)> dense) {
  constexpr std::int64_t kOne = 1;
  const Loop loop = dims == 0 ? Loop{1, &kOne} : Loop{dims, sizes};
  std::int64_t total = 1;
  for (int d = 0; d < loop.dims; ++d) total *= loop.sizes[d];
  if (total == 0) return;
  Way ways[kMaxOperands];
  for (int k = 0; k < count; ++k) ways[k] = dims == 0 ? Way::dense : way_of(loop, operands[k], k == 0);
  // Whole rows in a chunk where rows are short, so that blocks stay aligned to them.
  const std::int64_t row = loop.row(), chunk = row < kShortRow ? kChunkElements / row * row : kChunkElements;
  parallel_for((total + chunk - 1) / chunk, [&](std::int64_t i) {
    run_range(loop, operands, ways, count, i * chunk, std::min(total, (i + 1) * chunk), dense);
  });
}

}  // namespace cresset::cpu
