// What the vector kernels of forward and grad_input compute, told once: a correlation with steps, taps and an origin.
#pragma once

#include <cstddef>

#include "backend/cpu/conv2d_layout.h"

namespace cresset::cpu {

// out[n, g K + k, i, j] = bias[g K + k] + sum over c, r, s of in[n, g C + c, i step_h + origin_h + r tap_h, j step_w +
// origin_w + s tap_w] * weight(g, k, c, r, s); positions outside `in` count as zero. C and K count the channels of one
// group. R or S may be 0 (no tap reaches: the sum is empty), and so may N, P and Q.
struct Correlation {
  std::int64_t N, groups, C, K, H, W, P, Q, R, S;
  std::int64_t step_h, step_w, tap_h, tap_w, origin_h, origin_w;
  Strides4 in;
  Strides4 out;  // steps of the outputs; more than dense where they are every second pixel of a strided grad_input
  std::ptrdiff_t out_base;  // of out[0, 0, 0, 0]
  Strides4 weight;          // n is the step of k, h and w may be negative
  std::ptrdiff_t weight_base, weight_group;
  bool channels_last;

  std::int64_t rows_in(std::int64_t rows) const { return R ? (rows - 1) * step_h + (R - 1) * tap_h + 1 : 0; }
  std::int64_t columns_in() const { return S ? (Q - 1) * step_w + (S - 1) * tap_w + 1 : 0; }
  // Whether some tap of some output lies outside `in`.
  bool reaches_outside() const {
    return R && S && (origin_h < 0 || origin_w < 0 || origin_h + rows_in(P) > H || origin_w + columns_in() > W);
  }
};

Correlation forward_correlation(const Conv2dProblem& p);

// grad_x at rows a, a + stride_h, … and columns b, b + stride_w, … is a correlation of grad_y with every n-th tap of
// the filter, turned around.
Correlation grad_input_correlation(const Conv2dProblem& p, std::int64_t a, std::int64_t b);

// The share of work in rows of outputs that one chunk of a parallel loop takes; follows from the problem alone.
std::int64_t rows_per_chunk(const Correlation& c, std::size_t element_size);

}  // namespace cresset::cpu
