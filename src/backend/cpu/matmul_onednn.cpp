// Matrix product by oneDNN: pieces of the result, each by a primitive with one thread that reads the operands where
// they lie.
#include <algorithm>
#include <cstddef>

#include "backend/cpu/cache_onednn.h"
#include "backend/cpu/engine_onednn.h"
#include "backend/cpu/matmul_kernels.h"
#include "core/team.h"

namespace cresset::cpu {
namespace {

using dnnl::memory;

struct Primitive {
  dnnl::matmul run;
  memory::desc a, b, bias, c, scratchpad;
  bool plain_loops;  // oneDNN has nothing better than its own reference code
};

// The problem of a piece, which is a part of a result with rows of `c_row` elements.
struct Key {
  MatmulProblem piece;
  std::int64_t c_row;
  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    const MatmulProblem& p = key.piece;
    return onednn::hash({static_cast<std::int64_t>(p.dtype), std::int64_t{p.bias}, p.batch, p.M, p.N, p.K, p.a_batch,
                         p.a_row, p.a_col, p.b_batch, p.b_row, p.b_col, key.c_row});
  }
};

// oneDNN reads layouts from strides, so those of dimensions with one entry, which say nothing, become a dense matrix's.
memory::desc matrices(memory::data_type type, std::int64_t batch, std::int64_t rows, std::int64_t columns,
                      std::int64_t batch_stride, std::int64_t row, std::int64_t column) {
  if (columns == 1) column = 1;
  if (rows == 1) row = column == 1 ? columns : 1;
  if (batch == 1) return {{rows, columns}, type, memory::dims{row, column}};
  // A stride of zero repeats one matrix.
  if (batch_stride == 0) return {{1, rows, columns}, type, memory::dims{rows * row + columns * column, row, column}};
  return {{batch, rows, columns}, type, memory::dims{batch_stride, row, column}};
}

// Throws dnnl::error where oneDNN has no such primitive.
std::shared_ptr<const Primitive> make_primitive(const Key& key) {
  const onednn::OneThread one_thread;
  const MatmulProblem& p = key.piece;
  const memory::data_type type = onednn::data_type(p.dtype);
  const memory::desc a = matrices(type, p.batch, p.M, p.K, p.a_batch, p.a_row, p.a_col),
                     b = matrices(type, p.batch, p.K, p.N, p.b_batch, p.b_row, p.b_col),
                     c = matrices(type, p.batch, p.M, p.N, p.M * key.c_row, key.c_row, 1);
  const memory::desc bias = p.bias ? matrices(type, p.batch, 1, p.N, 0, p.N, 1) : memory::desc();
  const dnnl::primitive_attr attributes = onednn::attributes();
  const dnnl::matmul::primitive_desc d = p.bias
                                             ? dnnl::matmul::primitive_desc(onednn::engine(), a, b, bias, c, attributes)
                                             : dnnl::matmul::primitive_desc(onednn::engine(), a, b, c, attributes);
  return std::make_shared<const Primitive>(
      Primitive{dnnl::matmul(d), a, b, bias, c, d.scratchpad_desc(), onednn::is_plain(d.impl_info_str())});
}

std::shared_ptr<const Primitive> primitive(const Key& key) {
  constexpr std::size_t kCapacity = 256;
  static auto& cache = *new onednn::Cache<Key, Primitive, KeyHash>(kCapacity);
  return cache.get(key, [&] { return make_primitive(key); });
}

// How the result is cut, whatever the number of threads: along the batch, else along its longer side, as every piece
// packs the whole of the operand across. Every piece has `size` entries of that dimension, the last those left.
struct Pieces {
  std::int64_t MatmulProblem::*along;
  std::int64_t a, b, bias, c;  // elements from one entry to the next
  std::int64_t size = 0, count = 0;
  std::int64_t size_of(std::int64_t i, const MatmulProblem& p) const { return std::min(size, p.*along - i * size); }
};
Pieces cut(const MatmulProblem& p) {
  constexpr std::int64_t kWork = 2 << 20;  // multiplications: some tens of microseconds
  Pieces made = p.batch > 1  ? Pieces{&MatmulProblem::batch, p.a_batch, p.b_batch, 0, p.M * p.N}
                : p.M >= p.N ? Pieces{&MatmulProblem::M, p.a_row, 0, 0, p.N}
                             : Pieces{&MatmulProblem::N, 0, p.b_col, 1, 1};
  const std::int64_t all = p.*made.along, least = p.batch > 1 ? 1 : 256;
  const std::int64_t wanted = std::clamp<std::int64_t>(p.batch * p.M * p.N * p.K / kWork, 1, 16);
  made.size = std::max((all + wanted - 1) / wanted, std::min(least, all));
  made.count = (all + made.size - 1) / made.size;
  return made;
}
Key key_of(MatmulProblem p, const Pieces& pieces, std::int64_t i) {
  const std::int64_t c_row = p.N;
  p.*pieces.along = pieces.size_of(i, p);
  return {p, c_row};
}

void run_pieces(const MatmulProblem& p, const void* a, const void* b, const void* bias, void* c) {
  const Pieces pieces = cut(p);
  const auto whole = primitive(key_of(p, pieces, 0));
  const auto rest = pieces.count == 1 ? whole : primitive(key_of(p, pieces, pieces.count - 1));
  const std::int64_t step = pieces.size * static_cast<std::int64_t>(element_size(p.dtype));
  const auto at = [](const memory::desc& desc, const void* operand, std::int64_t offset) {
    return onednn::memory_at(desc, static_cast<const std::byte*>(operand) + offset);
  };
  parallel_for(pieces.count, [&](std::int64_t i) {
    const onednn::OneThread one_thread;
    const Primitive& primitive = i == pieces.count - 1 ? *rest : *whole;
    std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, at(primitive.a, a, i * step * pieces.a)},
                                              {DNNL_ARG_WEIGHTS, at(primitive.b, b, i * step * pieces.b)},
                                              {DNNL_ARG_DST, at(primitive.c, c, i * step * pieces.c)},
                                              {DNNL_ARG_SCRATCHPAD, onednn::scratchpad(primitive.scratchpad)}};
    if (p.bias) arguments.emplace(DNNL_ARG_BIAS, at(primitive.bias, bias, i * step * pieces.bias));
    primitive.run.execute(onednn::stream(), arguments);
  });
}

void run(const MatmulProblem& p, const Context&, const void* a, const void* b, const void* bias, void* c) {
  onednn::typed("matmul", [&] { run_pieces(p, a, b, bias, c); });
}

Refusal refuses(const MatmulProblem& p, const Context& context) {
  if (const Refusal refusal = onednn::refuse_dtype(p.dtype, context)) return refusal;
  if (p.batch == 0 || p.M == 0 || p.N == 0 || p.K == 0) return "oneDNN is given no operand without elements";
  if ((p.M > 1 && p.a_row == 0) || (p.K > 1 && (p.a_col == 0 || p.b_row == 0)) || (p.N > 1 && p.b_col == 0))
    return "oneDNN is given no matrix that repeats a row or a column";
  const Pieces pieces = cut(p);
  return onednn::refuse_plain_loops([&](std::int64_t i) { return primitive(key_of(p, pieces, i))->plain_loops; },
                                    pieces.count - 1);
}

}  // namespace

constinit const Kernel<Matmul> kMatmulOnednn{"onednn", refuses, run};

}  // namespace cresset::cpu
