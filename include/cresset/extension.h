// What an outside project needs to add a kernel to an existing op, or an op of its own. docs/adding_an_op.md shows
// both.
//
// A kernel: fill a Kernel<Slot> and call register_kernel<Slot>(DeviceType::cpu, kernel, "before which").
// An op: a struct with `name`, `Problem` and `Run` is a slot; register_kernel gives it kernels, run<Slot>(device,
// problem, pointers…) chooses and runs one, and autograd::Function makes the op differentiable. Outputs come from
// empty().
#pragma once

#include <cresset/autograd.h>
#include <cresset/creation.h>
#include <cresset/dispatch.h>
#include <cresset/extension/batch_norm.h>
#include <cresset/extension/conv2d.h>
#include <cresset/extension/fused_relu.h>
#include <cresset/extension/kernel.h>
#include <cresset/extension/matmul.h>
#include <cresset/extension/optimizer.h>
#include <cresset/extension/pointwise.h>
#include <cresset/extension/pool2d.h>
#include <cresset/extension/registry.h>
#include <cresset/extension/softmax.h>
