// Memory of a device for one call, in the order of its stream.
#pragma once

#include <cresset/extension/kernel.h>

#include "backend/cuda/memory.h"

namespace cresset::cuda::backend {

class Workspace {
 public:
  Workspace(const Context& context, std::size_t bytes)
      : context_(context),
        bytes_(bytes),
        data_(bytes > 0 ? allocate(context.device, context.stream, bytes) : nullptr) {}
  ~Workspace() {
    if (data_) release(context_.device, context_.stream, data_, bytes_);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  void* data() const { return data_; }

 private:
  const Context& context_;
  std::size_t bytes_;
  void* data_;
};

}  // namespace cresset::cuda::backend
