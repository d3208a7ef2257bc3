// The cuDNN that the machine has: it makes plans and tells of them. Nothing of it runs.
#pragma once

#include <cudnn_ops.h>

#include <string>

namespace cudasim::cudnn {

struct Library {
  decltype(&cudnnBackendCreateDescriptor) create_descriptor = nullptr;
  decltype(&cudnnBackendDestroyDescriptor) destroy_descriptor = nullptr;
  decltype(&cudnnBackendSetAttribute) set_attribute = nullptr;
  decltype(&cudnnBackendGetAttribute) get_attribute = nullptr;
  decltype(&cudnnGetLastErrorString) last_error = nullptr;
  decltype(&cudnnGetTensorNdDescriptor) get_tensor = nullptr;
  bool found() const {
    return create_descriptor && destroy_descriptor && set_attribute && get_attribute && last_error && get_tensor;
  }
};

/// The one that the process has open already, else the one that the dynamic linker finds. Before it is first used a
/// stand-in for the driver's library is put in its place, where the process has none: engines that cuDNN compiles when
/// a plan is finalised load their code by it.
const Library& library();

}  // namespace cudasim::cudnn
