// An op of an outside project: the cube of every element, with its shape rule, kernels and gradient.
#pragma once

#include <cresset/cresset.h>
#include <cresset/extension.h>

#include <cstdlib>
#include <string>

namespace outside {
using namespace cresset;

struct CubeProblem {
  DType dtype;
  std::int64_t size;
};
struct Cube {
  static constexpr std::string_view name = "outside.cube";
  using Problem = CubeProblem;
  using Run = void(const CubeProblem&, const Context&, const void* x, void* y);
};

// What OUTSIDE_WRONG names is done wrongly, to see that the table notices.
inline bool is_wrong(const char* what) {
  const char* wrong = std::getenv("OUTSIDE_WRONG");
  return wrong && std::string(wrong) == what;
}

inline Refusal refuses_plain(const CubeProblem& p, const Context&) {
  return p.dtype == kFloat32 ? Refusal() : Refusal("float32 only");
}
inline void run_plain(const CubeProblem& p, const Context&, const void* x, void* y) {
  const float scale = is_wrong("value") ? 1.0001F : 1;
  for (std::int64_t i = 0; i < p.size; ++i) {
    const float v = static_cast<const float*>(x)[i];
    static_cast<float*>(y)[i] = scale * v * v * v;
  }
}

// In double: the table's oracle, and the kernel that takes all that the op takes.
inline void run_reference(const CubeProblem& p, const Context&, const void* x, void* y) {
  for (std::int64_t i = 0; i < p.size; ++i) {
    if (p.dtype == kFloat32) {
      const double v = static_cast<const float*>(x)[i];
      static_cast<float*>(y)[i] = static_cast<float>(v * v * v);
    } else {
      const double v = static_cast<const double*>(x)[i];
      static_cast<double*>(y)[i] = v * v * v;
    }
  }
}

inline void register_cube() {
  register_kernel<Cube>(DeviceType::cpu, {"plain", refuses_plain, run_plain});
  register_kernel<Cube>(DeviceType::cpu, {"reference", nullptr, run_reference});
}

struct CubeFunction : autograd::Function<CubeFunction> {
  static constexpr const char* name = "Cube";
  static Tensor forward(autograd::FunctionContext& context, const Tensor& input) {
    // The input itself: a copy made here would have no history, and the second gradient would miss what comes from it.
    context.save_for_backward({input});
    const Tensor x = input.contiguous();
    const Tensor y = empty(x.shape(), {.dtype = x.dtype()});
    run<Cube>(x.device().type, CubeProblem{x.dtype(), x.numel()}, static_cast<const void*>(x.data_ptr()), y.data_ptr());
    return y;
  }
  static std::vector<Tensor> backward(autograd::FunctionContext& context, const std::vector<Tensor>& grads) {
    const Tensor x = context.saved_tensors()[0];
    return {grads[0] * (is_wrong("gradient") ? 2.0 : 3.0) * x * x};
  }
};

// A tensor of any shape, float32 or float64; the result is contiguous.
inline Tensor cube(const Tensor& input) {
  if (input.dtype() != kFloat32 && input.dtype() != kFloat64)
    throw DTypeError("cube: the input must be float32 or float64, got " + std::string(name(input.dtype())));
  return CubeFunction::apply(input);
}

}  // namespace outside
