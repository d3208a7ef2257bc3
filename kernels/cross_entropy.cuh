// Launchers of the cross-entropy with class indices.
#pragma once

#include <cresset/extension/softmax.h>
#include <cuda_runtime.h>

#include "common/error_word.h"

namespace cresset::kernels {

// Where kernels report a target that is no class, and under which number.
struct TargetReport {
  ErrorWord* word;
  int site;
};

// `rows`: workspace for 2 * N * inner numbers, of the type that logsumexp has.
cudaError_t cross_entropy_forward(const CrossEntropyProblem& p, const void* x, const std::int64_t* target,
                                  const void* weight, void* loss, void* logsumexp, void* total_weight, void* rows,
                                  TargetReport report, cudaStream_t stream);
cudaError_t cross_entropy_backward(const CrossEntropyProblem& p, const void* grad_loss, const void* x,
                                   const std::int64_t* target, const void* weight, const void* logsumexp,
                                   const void* total_weight, void* grad_x, cudaStream_t stream);

}  // namespace cresset::kernels
