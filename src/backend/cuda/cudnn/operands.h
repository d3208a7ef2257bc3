// Pointers that cuDNN is called with.
#pragma once

#include <deque>
#include <vector>

#include "backend/cuda/workspace.h"

namespace cresset::cuda::backend::cudnn {

struct Operand {
  std::int64_t id;
  void* pointer;
  std::size_t bytes;    // 0: on the host, or known to be aligned
  bool output = false;  // written whole
};

// Where the operands lie for one call: in copies, those that are not aligned as cuDNN wants them.
class AlignedOperands {
 public:
  AlignedOperands(const Context& context, const std::vector<Operand>& operands);
  const std::vector<void*>& pointers() const { return pointers_; }
  // After the call was given to the context's stream.
  void copy_back() const;

 private:
  const Context& context_;
  const std::vector<Operand>& operands_;
  std::deque<Workspace> copies_;
  std::vector<void*> pointers_;
};

}  // namespace cresset::cuda::backend::cudnn
