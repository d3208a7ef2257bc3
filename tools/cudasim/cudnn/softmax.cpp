// cudnnSoftmaxForward and cudnnSoftmaxBackward: computed from what the library's own tensor descriptors hold.
#include <cudnn_ops.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../libraries/library_work.h"
#include "../src/device.h"
#include "handle.h"
#include "library.h"
#include "values.h"

namespace cudasim::cudnn {
namespace {

constexpr int kMostDims = 8;

Tensor read_tensor(int64_t id, cudnnTensorDescriptor_t descriptor) {
  int dims = 0, sizes[kMostDims], strides[kMostDims];
  cudnnDataType_t type{};
  if (library().get_tensor(descriptor, kMostDims, &type, &dims, sizes, strides) != CUDNN_STATUS_SUCCESS)
    throw std::invalid_argument("no tensor descriptor");
  if (dims < 4) throw Unsupported("softmax of fewer than four dimensions");
  Tensor t{id, Type::kFloat, {sizes, sizes + dims}, {strides, strides + dims}, false, false, 1};
  switch (type) {
    case CUDNN_DATA_FLOAT: break;
    case CUDNN_DATA_DOUBLE: t.type = Type::kDouble; break;
    case CUDNN_DATA_HALF: t.type = Type::kHalf; break;
    case CUDNN_DATA_BFLOAT16: t.type = Type::kBfloat16; break;
    default: throw Unsupported("softmax of that type");
  }
  return t;
}

double number(const void* at, const Tensor& of) {
  if (at == nullptr) throw std::invalid_argument("no factor");
  return of.type == Type::kDouble ? *static_cast<const double*>(at)
                                  : static_cast<double>(*static_cast<const float*>(at));
}

struct Softmax {
  cudnnSoftmaxAlgorithm_t algorithm;
  cudnnSoftmaxMode_t mode;
  double alpha, beta;

  /// Calls act(first, step, length) for each run of elements whose sum is one, among dense ones.
  template <class Act>
  void each_run(const Tensor& t, Act act) const {
    const int64_t images = t.sizes[0], channels = t.sizes[1], image = t.count() / images, plane = image / channels;
    const bool whole = mode == CUDNN_SOFTMAX_MODE_INSTANCE;
    for (int64_t n = 0; n < images; ++n) {
      for (int64_t i = 0; i < (whole ? 1 : plane); ++i)
        act(static_cast<size_t>(n * image + i), static_cast<size_t>(whole ? 1 : plane),
            static_cast<size_t>(whole ? image : channels));
    }
  }

  std::vector<double> forward(const Tensor& t, std::vector<double> x) const {
    each_run(t, [&](size_t first, size_t step, size_t length) {
      double most = -std::numeric_limits<double>::infinity(), sum = 0;
      for (size_t i = 0; i < length; ++i) most = std::max(most, x[first + i * step]);
      if (algorithm == CUDNN_SOFTMAX_FAST) most = 0;
      for (size_t i = 0; i < length; ++i) sum += std::exp(x[first + i * step] - most);
      for (size_t i = 0; i < length; ++i) {
        double& value = x[first + i * step];
        value = algorithm == CUDNN_SOFTMAX_LOG ? value - most - std::log(sum) : std::exp(value - most) / sum;
      }
    });
    return x;
  }

  std::vector<double> backward(const Tensor& t, const std::vector<double>& y, std::vector<double> dy) const {
    const bool log = algorithm == CUDNN_SOFTMAX_LOG;
    each_run(t, [&](size_t first, size_t step, size_t length) {
      double sum = 0;
      for (size_t i = 0; i < length; ++i) sum += dy[first + i * step] * (log ? 1 : y[first + i * step]);
      for (size_t i = 0; i < length; ++i) {
        double& value = dy[first + i * step];
        const double at = y[first + i * step];
        value = log ? value - std::exp(at) * sum : at * (value - sum);
      }
    });
    return dy;
  }
};

/// What the two functions have in common: inputs (one or two), one output, all of a type and of the same sizes.
template <class Compute>
cudnnStatus_t append(const char* name, cudnnHandle_t handle, std::vector<Tensor> tensors, std::vector<void*> pointers,
                     Compute compute) {
  const Tensor& output = tensors.back();
  std::vector<LibraryOperand> operands;
  std::map<int64_t, void*> places;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].sizes != output.sizes || tensors[i].type != output.type)
      throw std::invalid_argument("tensors of several types or sizes");
    if (pointers[i] == nullptr) throw std::invalid_argument("no pointer");
    operands.push_back({pointers[i], tensors[i].bytes(), i + 1 == tensors.size(),
                        i + 1 == tensors.size() ? "the result" : "an operand"});
    places[tensors[i].id] = pointers[i];
  }
  CUstream_st* stream = resolve(handle->stream);
  if (stream == nullptr) throw std::invalid_argument("the handle's stream is none");
  const auto work = [tensors = std::move(tensors), places, compute] {
    Values values(places);
    compute(values, tensors);
  };
  return append_library_work(*stream, std::string("cuDNN's ") + name, operands, work) ? CUDNN_STATUS_SUCCESS
                                                                                      : CUDNN_STATUS_EXECUTION_FAILED;
}

/// Calls `act`, with the simulator's errors as cuDNN's.
template <class Act>
cudnnStatus_t guarded(const char* name, cudnnHandle_t handle, Act act) {
  if (handle == nullptr) return CUDNN_STATUS_BAD_PARAM;
  if (!library().found()) return fail(CUDNN_STATUS_NOT_INITIALIZED, "there is no cuDNN");
  Call call;
  try {
    return act();
  } catch (const Unsupported& error) {
    return fail(CUDNN_STATUS_NOT_SUPPORTED, std::string("the simulator does not know ") + error.what());
  } catch (const std::invalid_argument& error) {
    return fail(CUDNN_STATUS_BAD_PARAM, std::string(name) + ": " + error.what());
  }
}

}  // namespace
}  // namespace cudasim::cudnn

using namespace cudasim::cudnn;

extern "C" {

CUDASIM_API cudnnStatus_t cudnnSoftmaxForward(cudnnHandle_t handle, cudnnSoftmaxAlgorithm_t algorithm,
                                              cudnnSoftmaxMode_t mode, const void* alpha,
                                              const cudnnTensorDescriptor_t x_layout, const void* x, const void* beta,
                                              const cudnnTensorDescriptor_t y_layout, void* y) {
  return guarded("cudnnSoftmaxForward", handle, [&] {
    std::vector<Tensor> tensors{read_tensor(0, x_layout), read_tensor(1, y_layout)};
    const Softmax softmax{algorithm, mode, number(alpha, tensors[0]), number(beta, tensors[0])};
    return append("softmax", handle, std::move(tensors), {const_cast<void*>(x), y},
                  [softmax](Values& values, const std::vector<Tensor>& t) {
                    values.write(t[1], softmax.forward(t[0], values.read(t[0])), softmax.alpha, softmax.beta);
                  });
  });
}

CUDASIM_API cudnnStatus_t cudnnSoftmaxBackward(cudnnHandle_t handle, cudnnSoftmaxAlgorithm_t algorithm,
                                               cudnnSoftmaxMode_t mode, const void* alpha,
                                               const cudnnTensorDescriptor_t y_layout, const void* y,
                                               const cudnnTensorDescriptor_t dy_layout, const void* dy,
                                               const void* beta, const cudnnTensorDescriptor_t dx_layout, void* dx) {
  return guarded("cudnnSoftmaxBackward", handle, [&] {
    std::vector<Tensor> tensors{read_tensor(0, y_layout), read_tensor(1, dy_layout), read_tensor(2, dx_layout)};
    const Softmax softmax{algorithm, mode, number(alpha, tensors[0]), number(beta, tensors[0])};
    return append("softmax backward", handle, std::move(tensors), {const_cast<void*>(y), const_cast<void*>(dy), dx},
                  [softmax](Values& values, const std::vector<Tensor>& t) {
                    values.write(t[2], softmax.backward(t[0], values.read(t[0]), values.read(t[1])), softmax.alpha,
                                 softmax.beta);
                  });
  });
}

}  // extern "C"
