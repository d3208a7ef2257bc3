// Random numbers. What follows from the parameters is computed by the CPU kernels' own functions.
#include "backend/cpu/random_parameters.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "core/random_blocks.h"
#include "random.cuh"

namespace cresset::cuda::backend {
namespace {

kernels::RandomParameters parameters_of(const RandomProblem& p) {
  kernels::RandomParameters r{};
  r.seed = p.seed;
  r.offset = p.offset;
  r.a = p.a;
  r.b = p.b;
  switch (p.op) {
    case RandomOp::uniform:
      r.last = p.dtype == kFloat64 ? cpu::last_below(p.b)
                                   : static_cast<double>(cpu::last_below(static_cast<float>(p.b), p.dtype));
      r.shift = cpu::uniform_shift(p.dtype);
      r.factor = cpu::uniform_factor(p.dtype);
      break;
    case RandomOp::integer:
      r.low = p.low;
      r.range = integer_range(p);
      r.narrow = r.range <= kNarrowRange;
      break;
    case RandomOp::bernoulli: r.threshold = bernoulli_threshold(p.a); break;
    case RandomOp::normal: break;
  }
  return r;
}

void run(const RandomProblem& p, const Context& context, void* y) {
  check_cuda(kernels::random(p.op, p.dtype, p.n, parameters_of(p), y, stream_of(context.stream)), "random");
}
void run_replay(const RandomReplayProblem& p, const Context& context, void* y) {
  kernels::RandomParameters parameters = parameters_of(p.draw);
  parameters.start = p.start;
  check_cuda(kernels::random(p.draw.op, p.draw.dtype, p.draw.n, parameters, y, stream_of(context.stream)), "random");
}

}  // namespace

constinit const Kernel<Random> kRandomNative = {"native", nullptr, run};
constinit const Kernel<RandomReplay> kRandomReplayNative = {"native", nullptr, run_replay};

}  // namespace cresset::cuda::backend
