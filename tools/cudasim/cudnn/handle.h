// What the simulator's cuDNN has for a handle.
#pragma once

#include <cudnn_graph.h>

#include <string>

struct cudnnContext {
  int device;
  cudaStream_t stream;
};

namespace cudasim::cudnn {

/// Reports it, and keeps it for cudnnGetLastErrorString.
cudnnStatus_t fail(cudnnStatus_t status, const std::string& text);

}  // namespace cudasim::cudnn
