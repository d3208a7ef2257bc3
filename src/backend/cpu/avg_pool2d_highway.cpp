// Average pooling in float32 and float64.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/avg_pool2d_highway.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backend/cpu/avg_pool2d_kernels.h"
#include "backend/cpu/dtype_switch.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#include "backend/cpu/avg_windows-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
// Such a machine is below what the library asks for; the result is right, no more.
void avg_pool2d_forward(const Pool2dProblem& p, const Context& context, const void* x, void* y) {
  kAvgPool2dForwardReference.run(p, context, x, y);
}
void avg_pool2d_backward(const Pool2dProblem& p, const Context& context, const void* grad_y, void* grad_x) {
  kAvgPool2dBackwardReference.run(p, context, grad_y, grad_x);
}
#else

void avg_pool2d_forward(const Pool2dProblem& p, const Context&, const void* x, void* y) {
  with_windows(p, [&](const Windows& windows) HWY_ATTR {
    switch_simd(p.dtype,
                [&]<class T>() HWY_ATTR { avg_forward(windows, static_cast<const T*>(x), static_cast<T*>(y)); });
  });
}
void avg_pool2d_backward(const Pool2dProblem& p, const Context&, const void* grad_y, void* grad_x) {
  with_windows(p, [&](const Windows& windows) HWY_ATTR {
    switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
      avg_backward(windows, static_cast<const T*>(grad_y), static_cast<T*>(grad_x));
    });
  });
}

#endif

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {
namespace {

HWY_EXPORT(avg_pool2d_forward);
HWY_EXPORT(avg_pool2d_backward);

Refusal refuses(const Pool2dProblem& p, const Context&) { return refuse_not_simd(p.dtype); }
void run_forward(const Pool2dProblem& p, const Context& context, const void* x, void* y) {
  HWY_DYNAMIC_DISPATCH(avg_pool2d_forward)(p, context, x, y);
}
void run_backward(const Pool2dProblem& p, const Context& context, const void* grad_y, void* grad_x) {
  HWY_DYNAMIC_DISPATCH(avg_pool2d_backward)(p, context, grad_y, grad_x);
}

}  // namespace

constinit const Kernel<AvgPool2dForward> kAvgPool2dForwardHighway{"highway", refuses, run_forward};
constinit const Kernel<AvgPool2dBackward> kAvgPool2dBackwardHighway{"highway", refuses, run_backward};

}  // namespace cresset::cpu
#endif
