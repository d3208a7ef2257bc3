#include "ops/activation_backward.h"

#include <cresset/ops.h>

#include "autograd/record.h"
#include "ops/pointwise.h"

namespace cresset {
namespace {

constexpr double kSqrtTwoOverPi = 0.7978845608028653558798921198687;
constexpr double kCubic = 0.044715;  // Hendrycks and Gimpel, 2016

// z = grad * f'(s): dz/dgrad = the same op on the incoming gradient; dz/ds = grad * f''(s), which `second(grad, saved)`
// gives.
template <class Self, class Second>
Tensor backward_op(const char* name, BinaryOp op, const char* node, const Tensor& grad, const Tensor& saved, Self self,
                   Second second) {
  Tensor z = run_binary(name, op, grad, saved);
  if (needs_history(grad, saved)) {
    record(
        z, node,
        [g = SavedTensor(grad), s = SavedTensor(saved), self, second](const Tensor& grad_z, Grads& out) {
          const Tensor at = s.get(out);
          if (out.needs(0)) out[0] = self(grad_z, at);
          if (out.needs(1)) out[1] = grad_z * second(g.get(out), at);
        },
        grad, saved);
  }
  return z;
}

}  // namespace

Tensor sigmoid_backward(const Tensor& grad, const Tensor& y) {
  return backward_op("sigmoid_backward", BinaryOp::sigmoid_backward, "SigmoidBackwardBackward0", grad, y,
                     sigmoid_backward, [](const Tensor& g, const Tensor& at) { return g * (1 - 2 * at); });
}
Tensor tanh_backward(const Tensor& grad, const Tensor& y) {
  return backward_op("tanh_backward", BinaryOp::tanh_backward, "TanhBackwardBackward0", grad, y, tanh_backward,
                     [](const Tensor& g, const Tensor& at) { return -2 * g * at; });
}
Tensor relu_backward(const Tensor& grad, const Tensor& y) {
  return backward_op("relu_backward", BinaryOp::relu_backward, "ThresholdBackwardBackward0", grad, y, relu_backward,
                     [](const Tensor& g, const Tensor&) { return zeros_like(g); });
}

// gelu(x) = x * Phi(x); gelu'' = phi(x) * (2 - x^2).
Tensor gelu_backward(const Tensor& grad, const Tensor& x) {
  return backward_op("gelu_backward", BinaryOp::gelu_backward, "GeluBackwardBackward0", grad, x, gelu_backward,
                     [](const Tensor& g, const Tensor& at) {
                       const Tensor density = exp(square(at) * -0.5) * (0.5 * kSqrtTwoOverPi);  // 1/sqrt(2 pi)
                       return g * density * (2 - square(at));
                     });
}

// gelu_tanh(x) = x/2 (1 + t), t = tanh(u), u = sqrt(2/pi) (x + c x^3): the second derivative is t' + x/2 t'' with t' =
// (1 - t^2) u', t'' = (1 - t^2) (u'' - 2 t u'^2).
Tensor gelu_tanh_backward(const Tensor& grad, const Tensor& x) {
  return backward_op("gelu_tanh_backward", BinaryOp::gelu_tanh_backward, "GeluBackwardBackward0", grad, x,
                     gelu_tanh_backward, [](const Tensor& g, const Tensor& at) {
                       const Tensor t = tanh(kSqrtTwoOverPi * (at + kCubic * pow(at, 3)));
                       const Tensor u1 = kSqrtTwoOverPi * (1 + 3 * kCubic * square(at));
                       const Tensor u2 = at * (6 * kCubic * kSqrtTwoOverPi);
                       const Tensor s = 1 - square(t);
                       return g * (s * u1 + 0.5 * at * s * (u2 - 2 * t * square(u1)));
                     });
}

}  // namespace cresset
