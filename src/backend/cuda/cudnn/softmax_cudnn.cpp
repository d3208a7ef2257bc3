// softmax and log_softmax by cuDNN: by its functions for them, which are none of those that the graph API replaced. The
// graph API itself has no engine for their steps.
#include <cresset/extension/softmax.h>

#include <limits>

#include "backend/cuda/cudnn/device.h"
#include "backend/cuda/cudnn/engine_note.h"
#include "backend/cuda/cudnn/kernels.h"
#include "backend/cuda/cudnn/library.h"
#include "backend/cuda/cudnn/request.h"

namespace cresset::cuda::backend {
namespace {

using namespace cudnn;

// A dense [outer, C, inner], as images of C channels and `inner` rows.
class Layout {
 public:
  explicit Layout(const SoftmaxProblem& p) {
    const int outer = static_cast<int>(p.outer), channels = static_cast<int>(p.C), inner = static_cast<int>(p.inner);
    const int sizes[] = {outer, channels, inner, 1}, strides[] = {channels * inner, inner, 1, 1};
    check_status(library().call.create_tensor(&descriptor_), "cudnnCreateTensorDescriptor");
    const cudnnStatus_t status = library().call.set_tensor(descriptor_, data_type(p.dtype), 4, sizes, strides);
    if (status == CUDNN_STATUS_SUCCESS) return;
    library().call.destroy_tensor(descriptor_);
    check_status(status, "cudnnSetTensorNdDescriptor");
  }
  ~Layout() { library().call.destroy_tensor(descriptor_); }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  cudnnTensorDescriptor_t get() const { return descriptor_; }

 private:
  cudnnTensorDescriptor_t descriptor_ = nullptr;
};

cudnnSoftmaxAlgorithm_t algorithm(const SoftmaxProblem& p) {
  return p.log ? CUDNN_SOFTMAX_LOG : CUDNN_SOFTMAX_ACCURATE;
}
// Both say the same of rows.
cudnnSoftmaxMode_t mode(const SoftmaxProblem& p) {
  return p.inner == 1 ? CUDNN_SOFTMAX_MODE_INSTANCE : CUDNN_SOFTMAX_MODE_CHANNEL;
}

Refusal refuses(const SoftmaxProblem& p, const Context&) {
  if (const Refusal refusal = refuse(p.dtype)) return refusal;
  if (!library().call.softmax_forward) return "cuDNN's softmax is in libcudnn_ops.so.9, which is not there";
  const std::int64_t elements = p.outer * p.C * p.inner;
  if (elements == 0) return {"cuDNN takes no tensor without elements"};
  if (elements > std::numeric_limits<std::int32_t>::max())
    return {"cuDNN counts elements in 32 bits, and there are {}", elements};
  return {};
}

Operand operand(const SoftmaxProblem& p, const void* pointer, bool output = false) {
  return {0, const_cast<void*>(pointer), static_cast<std::size_t>(p.outer * p.C * p.inner) * element_size(p.dtype),
          output};
}

// `call` is given a handle, the layout of all operands, and where they lie.
template <class Slot, class Call>
void run(const char* name, const SoftmaxProblem& p, const Context& context, const std::vector<Operand>& operands,
         Call call) {
  const AlignedOperands aligned(context, operands);
  try {
    const Layout layout(p);
    const HandleLease handle(context.device);
    handle.use_stream(context);
    check_status(call(handle.get(), layout.get(), aligned.pointers()), name);
  } catch (const Failure& failure) {
    fail<BackendError>("cuDNN: {}", failure.what());
  }
  aligned.copy_back();
  note_engine(Slot::name, name);
}

constexpr float kOne = 1, kZero = 0;

void run_forward(const SoftmaxProblem& p, const Context& context, const void* x, void* y) {
  run<SoftmaxForward>("cudnnSoftmaxForward", p, context, {operand(p, x), operand(p, y, true)},
                      [&](cudnnHandle_t handle, cudnnTensorDescriptor_t all, const std::vector<void*>& at) {
                        return library().call.softmax_forward(handle, algorithm(p), mode(p), &kOne, all, at[0], &kZero,
                                                              all, at[1]);
                      });
}
void run_backward(const SoftmaxProblem& p, const Context& context, const void* grad_y, const void* y, void* grad_x) {
  run<SoftmaxBackward>("cudnnSoftmaxBackward", p, context,
                       {operand(p, y), operand(p, grad_y), operand(p, grad_x, true)},
                       [&](cudnnHandle_t handle, cudnnTensorDescriptor_t all, const std::vector<void*>& at) {
                         return library().call.softmax_backward(handle, algorithm(p), mode(p), &kOne, all, at[0], all,
                                                                at[1], &kZero, all, at[2]);
                       });
}

}  // namespace

constinit const Kernel<SoftmaxForward> kSoftmaxForwardCudnn = {"cudnn", refuses, run_forward};
constinit const Kernel<SoftmaxBackward> kSoftmaxBackwardCudnn = {"cudnn", refuses, run_backward};

}  // namespace cresset::cuda::backend
