// What marks device code. To the host compiler a kernel is a function.
#pragma once

#define __CUDASIM__ 1
#define __global__
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __managed__
#define __forceinline__ inline __attribute__((always_inline))
#define __restrict__ __restrict
#define __align__(n) __attribute__((aligned(n)))
#define __maxnreg__(n)
// A static array would be neither poisoned nor bounds-checked, and two blocks would share it by accident.
#define __shared__ _Pragma("GCC error \"declare shared memory by shared<T>() of kernels/common/shared.cuh\"")

#if defined(__GNUC__) && !defined(__clang__)
// g++ evaluates the bound, also where it depends on template parameters, and leaves it in the binary as the distance
// from an entry of a section to the kernel. clang takes no such expression: there the bound is not enforced.
// The sum is for g++ 12, which fails on the plain name of a constant inside a template.
#define __launch_bounds__(threads, ...) __attribute__((patchable_function_entry((threads) + 0, (threads) + 0)))
#define CUDASIM_KNOWS_LAUNCH_BOUNDS 1
#else
// Says nothing to anybody, but uses the constants, which are otherwise unused.
#define __launch_bounds__(threads, ...) __attribute__((annotate("launch bounds", (threads) + 0)))
#define CUDASIM_KNOWS_LAUNCH_BOUNDS 0
#endif
