// Elements that an op does not take, reported without waiting.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/synchronize.h"
#include "check_range.cuh"

namespace cresset::cuda::backend {
namespace {

int site_of(RangeCheck check) {
  static const int probability = error_site("bernoulli: expects each probability to be in [0, 1]", ReportKind::value);
  static const int exponent =
      error_site("pow: Integers to negative integer powers are not allowed.", ReportKind::value);
  return check == RangeCheck::probability ? probability : exponent;
}

void run(const CheckRangeProblem& p, const Context& context, const void* x) {
  check_cuda(kernels::check_range(p, x, error_word(context.device), site_of(p.check), stream_of(context.stream)),
             "checking a tensor's range");
}

}  // namespace

constinit const Kernel<CheckRange> kCheckRangeNative = {"native", nullptr, run};

}  // namespace cresset::cuda::backend
