// Image augmentation.
#include "augment.cuh"
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"

namespace cresset::cuda::backend {
namespace {

void run(const AugmentProblem& p, const Context& context, const std::uint8_t* images, const std::int64_t* indices,
         const std::uint64_t* seeds, void* y) {
  check_cuda(kernels::augment(p, images, indices, seeds, y, stream_of(context.stream)), "augment");
}

// Elements of an image and blocks of a batch are counted by 32 bits.
Refusal refuses(const AugmentProblem& p, const Context&) {
  constexpr std::int64_t kMost = std::int64_t{1} << 27;
  if (p.N >= std::int64_t{1} << 31) return Refusal("takes batches of less than 2^31 images, not {}", p.N);
  if (p.C * p.H * p.W > kMost) return Refusal("takes images of at most {} elements, not {}", kMost, p.C * p.H * p.W);
  return {};
}

}  // namespace

constinit const Kernel<Augment> kAugmentNative = {"native", refuses, run};

}  // namespace cresset::cuda::backend
