// cuDNN plans by the C API alone, for the tests of what the simulator makes of them.
#pragma once

#include <cudnn_ops.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace cudasim_test {

/// cuDNN's functions: the simulator's own where it has them, the library's otherwise. `missing` says why there are
/// none.
struct Functions {
  decltype(&cudnnCreate) create;
  decltype(&cudnnDestroy) destroy;
  decltype(&cudnnSetStream) set_stream;
  decltype(&cudnnBackendCreateDescriptor) create_descriptor;
  decltype(&cudnnBackendDestroyDescriptor) destroy_descriptor;
  decltype(&cudnnBackendSetAttribute) set_attribute;
  decltype(&cudnnBackendGetAttribute) get_attribute;
  decltype(&cudnnBackendFinalize) finalize;
  decltype(&cudnnBackendExecute) execute;
  decltype(&cudnnGetErrorString) error_string;
  decltype(&cudnnGetLastErrorString) last_error;
  decltype(&cudnnCreateTensorDescriptor) create_tensor;
  decltype(&cudnnDestroyTensorDescriptor) destroy_tensor;
  decltype(&cudnnSetTensorNdDescriptor) set_tensor;
  decltype(&cudnnSoftmaxForward) softmax_forward;
  decltype(&cudnnSoftmaxBackward) softmax_backward;
  std::string missing;
};
const Functions& functions();

class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type);
  Descriptor(Descriptor&& other) noexcept : raw_(other.raw_) { other.raw_ = nullptr; }
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();

  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const void* values,
                  std::int64_t count = 1);
  Descriptor& set(cudnnBackendAttributeName_t name, std::int64_t value);
  Descriptor& set(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values);
  Descriptor& set(cudnnBackendAttributeName_t name, float value);
  Descriptor& set(cudnnBackendAttributeName_t name, double value);
  Descriptor& set(cudnnBackendAttributeName_t name, bool value);
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& value);
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnDataType_t value);
  /// By whole numbers over 1.
  Descriptor& set_fractions(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values);
  /// Throws std::runtime_error with cuDNN's words where it refuses.
  Descriptor& finalize();

  cudnnBackendDescriptor_t raw() const { return raw_; }

 private:
  cudnnBackendDescriptor_t raw_ = nullptr;
};

using Sizes = std::vector<std::int64_t>;
struct TensorOptions {
  bool is_virtual = false;
  bool by_value = false;
  std::int64_t alignment = 4;
};
Descriptor tensor(std::int64_t id, cudnnDataType_t type, const Sizes& sizes, const Sizes& strides,
                  TensorOptions options = {});
Sizes channels_last(const Sizes& sizes);
Sizes contiguous(const Sizes& sizes);

struct ConvolutionOptions {
  Sizes pre{0, 0}, post{0, 0}, strides{1, 1}, dilations{1, 1};
  cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
};
Descriptor convolution(const ConvolutionOptions& options);
Descriptor pointwise(cudnnPointwiseMode_t mode);

/// A plan for the graph of these operations: of the first engine that takes it.
class Plan {
 public:
  explicit Plan(std::vector<const Descriptor*> operations);
  cudnnBackendDescriptor_t raw() const { return plan_->raw(); }
  std::int64_t workspace_size() const;
  std::string json() const;
  int tried = 0;

 private:
  std::unique_ptr<Descriptor> properties_, plan_;
};

/// The pointers of a plan's tensors, by id.
Descriptor variant_pack(const std::vector<std::int64_t>& ids, const std::vector<void*>& pointers, void* workspace);

}  // namespace cudasim_test
