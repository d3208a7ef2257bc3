// An outside project's own kernel for an existing op, and its own op with a gradient (cube.h; its row in a table:
// table.cpp).
#include <cresset/cresset.h>
#include <cresset/extension.h>

#include <cstdio>

#include "cube.h"
using namespace cresset;

// ---- a kernel: conv2d of 1x1 windows in float32, contiguous, as plain loops
namespace {

int calls = 0;

Refusal refuses_pointwise(const Conv2dProblem& p, const Context&) {
  if (p.R != 1 || p.S != 1) return {"the kernel must be 1x1, is {}x{}", p.R, p.S};
  if (p.dtype != kFloat32 || p.format != kContiguous) return {"float32 and contiguous only"};
  if (p.stride_h != 1 || p.stride_w != 1 || p.pad_top != 0 || p.pad_left != 0 || p.groups != 1)
    return {"plain options only"};
  return {};
}

void run_pointwise(const Conv2dProblem& p, const Context&, const void* x, const void* w, const void* bias, void* y) {
  ++calls;
  const auto* in = static_cast<const float*>(x);
  const auto* weight = static_cast<const float*>(w);
  auto* out = static_cast<float*>(y);
  const std::int64_t plane = p.P * p.Q;
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t k = 0; k < p.K; ++k)
      for (std::int64_t i = 0; i < plane; ++i) {
        float sum = bias ? static_cast<const float*>(bias)[k] : 0;
        for (std::int64_t c = 0; c < p.C; ++c) sum += in[(n * p.C + c) * plane + i] * weight[k * p.C + c];
        out[(n * p.K + k) * plane + i] = sum;
      }
}

int check(bool ok, const char* what) {
  if (!ok) std::printf("failed: %s\n", what);
  return ok ? 0 : 1;
}

}  // namespace

int main() {
  namespace F = nn::functional;
  manual_seed(0);
  int failures = 0;

  register_kernel<Conv2dForward>(DeviceType::cpu, {"outside", refuses_pointwise, run_pointwise}, "reference");
  const Tensor x = randn({2, 3, 5, 4}), w = randn({6, 3, 1, 1}), b = randn({6});
  const Tensor expected = F::conv2d(x, w, b);
  {
    ForceKernelGuard force("conv2d=outside", Forcing::prefer);
    failures += check(F::conv2d(x, w, b).allclose(expected, 1e-5, 1e-5) && calls == 1,
                      "the outside kernel gives the op's values");
    F::conv2d(x, randn({6, 3, 3, 3}), b);
    failures += check(calls == 1, "the outside kernel refuses what it cannot do");
  }
  try {
    ForceKernelGuard force("conv2d.forward=outside");
    F::conv2d(x, randn({6, 3, 3, 3}), b);
    failures += check(false, "a refusal of a required kernel throws");
  } catch (const UnsupportedError& error) {
    failures += check(std::string(error.what()).find("the kernel must be 1x1, is 3x3") != std::string::npos,
                      "the reason is told");
  }

  outside::register_cube();
  const Tensor v = randn({3, 4}, {.dtype = kFloat64, .requires_grad = true});
  const Tensor y = outside::cube(v);
  failures += check(y.grad_fn_name() == "CubeBackward", "the op is on the tape");
  const auto first = autograd::grad({y.sum()}, {v}, {.create_graph = true});
  failures += check(first[0].detach().allclose((3.0 * v * v).detach()), "the op has a gradient");
  const auto second = autograd::grad({first[0].sum()}, {v});
  failures += check(second[0].allclose((6.0 * v).detach()), "and a second one");
  std::printf("extension: %d failures\n", failures);
  return failures;
}
