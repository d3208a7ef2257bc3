#include "backend/cuda/cudnn/operands.h"

#include "backend/cuda/cudnn/graph.h"
#include "backend/cuda/runtime.h"

namespace cresset::cuda::backend::cudnn {
namespace {

bool is_aligned(const Operand& operand) {
  return operand.bytes == 0 || reinterpret_cast<std::uintptr_t>(operand.pointer) % kAlignment == 0;
}

void copy(const Context& context, void* to, const void* from, std::size_t bytes) {
  check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_of(context.stream)),
             "copying an operand of cuDNN's");
}

}  // namespace

AlignedOperands::AlignedOperands(const Context& context, const std::vector<Operand>& operands)
    : context_(context), operands_(operands) {
  for (const Operand& operand : operands) {
    pointers_.push_back(operand.pointer);
    if (is_aligned(operand)) continue;
    pointers_.back() = copies_.emplace_back(context, operand.bytes).data();
    if (!operand.output) copy(context, pointers_.back(), operand.pointer, operand.bytes);
  }
}

void AlignedOperands::copy_back() const {
  for (std::size_t i = 0; i < operands_.size(); ++i)
    if (operands_[i].output && !is_aligned(operands_[i]))
      copy(context_, operands_[i].pointer, pointers_[i], operands_[i].bytes);
}

}  // namespace cresset::cuda::backend::cudnn
