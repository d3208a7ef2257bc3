// cuDNN as it was found on this machine, and the functions of it that are called.
#pragma once

#include <cresset/extension/kernel.h>
#include <cudnn_ops.h>

#include <string>

namespace cresset::cuda::backend::cudnn {

// Null all where the library cannot be used. Those that run something on a device, or that are given a handle, come
// from the simulator where that is the device.
struct Functions {
  decltype(&cudnnGetVersion) version = nullptr;
  decltype(&cudnnGetErrorString) error_string = nullptr;
  decltype(&cudnnGetLastErrorString) last_error_string = nullptr;
  decltype(&cudnnBackendCreateDescriptor) create_descriptor = nullptr;
  decltype(&cudnnBackendDestroyDescriptor) destroy_descriptor = nullptr;
  decltype(&cudnnBackendSetAttribute) set_attribute = nullptr;
  decltype(&cudnnBackendGetAttribute) get_attribute = nullptr;
  decltype(&cudnnBackendFinalize) finalize = nullptr;
  decltype(&cudnnCreate) create = nullptr;
  decltype(&cudnnSetStream) set_stream = nullptr;
  decltype(&cudnnBackendExecute) execute = nullptr;
  // Of libcudnn_ops.so.9, a part that may be left out: null all then.
  decltype(&cudnnCreateTensorDescriptor) create_tensor = nullptr;
  decltype(&cudnnDestroyTensorDescriptor) destroy_tensor = nullptr;
  decltype(&cudnnSetTensorNdDescriptor) set_tensor = nullptr;
  decltype(&cudnnSoftmaxForward) softmax_forward = nullptr;
  decltype(&cudnnSoftmaxBackward) softmax_backward = nullptr;
};

struct Library {
  Functions call;
  int version = 0;           // 91900 for 9.19.0
  std::string path;          // of the file
  std::string missing;       // why it cannot be used; "" where it can
  const char* refusal = "";  // the same for a Refusal
};

// Found and opened once. Safe for threads, never throws.
const Library& library();
// "9.19.0"
std::string version_text(int version);

// A text that lives for ever, for Refusal, which takes its words for a format. Of the very many that a broken library
// could make, all but the first 200 read alike.
const char* lasting_text(const std::string& text);

}  // namespace cresset::cuda::backend::cudnn
