// Random numbers, element by element. The numbers themselves are defined in core/philox.h.
#include "backend/cpu/convert.h"
#include "backend/cpu/random_kernels.h"
#include "backend/cpu/random_parameters.h"
#include "core/random_blocks.h"

namespace cresset::cpu {
namespace {

float draw_float(const RandomProblem& p, const PhiloxBlock& block, int i) {
  const auto a = static_cast<float>(p.a), b = static_cast<float>(p.b);
  if (p.op == RandomOp::uniform) {
    const float u = static_cast<float>(block.w[i] >> uniform_shift(p.dtype)) * uniform_factor(p.dtype);
    return std::fmin(std::fma(u, b - a, a), last_below(b, p.dtype));
  }
  const auto pair = normal_from(block.w[i / 2 * 2], block.w[i / 2 * 2 + 1]);
  return std::fma(i % 2 == 0 ? pair.first : pair.second, b, a);
}

double draw_double(const RandomProblem& p, const PhiloxBlock& block, int i) {
  if (p.op == RandomOp::uniform)
    return std::fmin(std::fma(uniform_from(philox_pair(block, i)), p.b - p.a, p.a), last_below(p.b));
  const auto pair = normal_from(philox_pair(block, 0), philox_pair(block, 1));
  return std::fma(i == 0 ? pair.first : pair.second, p.b, p.a);
}

std::int64_t draw_integer(const RandomProblem& p, const PhiloxBlock& block, int i) {
  if (p.op == RandomOp::bernoulli) return block.w[i] < bernoulli_threshold(p.a);
  const std::uint64_t range = integer_range(p);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(p.low) + (range <= kNarrowRange
                                                                            ? integer_from(philox_pair(block, i), range)
                                                                            : integer_from(block, range)));
}

template <class T>
void run_typed(const RandomProblem& p, T* y) {
  const int per_block = elements_per_block(p);
  const bool floating = p.op == RandomOp::uniform || p.op == RandomOp::normal;
  for (std::int64_t i = 0; i < p.n; ++i) {
    const PhiloxBlock block = philox(p.seed, p.offset + static_cast<std::uint64_t>(i / per_block));
    const int k = static_cast<int>(i % per_block);
    if (!floating)
      y[i] = convert<T>(draw_integer(p, block, k));
    else if (p.dtype == kFloat64)
      y[i] = convert<T>(draw_double(p, block, k));
    else
      y[i] = convert<T>(draw_float(p, block, k));
  }
}

void run(const RandomProblem& p, const Context&, void* y) {
  switch_dtype(p.dtype, [&]<class T>() { run_typed(p, static_cast<T*>(y)); });
}

}  // namespace

constinit const Kernel<Random> kRandomReference = {"reference", nullptr, run};

}  // namespace cresset::cpu
