// The size of what a convolution or pooling gives, without running it.
#pragma once

#include <cresset/ops.h>

namespace cresset::nn {

// All take the rows and columns of the input, {height, width} or one number for both, and the kernel's; all give
// {height, width} of the output, and throw ValueError or ShapeError, as the op itself would, for what it refuses.

// floor((input + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1 along each dimension; `padding = "same"`
// gives the input's size. `conv2d_output_size({32, 32}, 5, {.stride = 2, .padding = 2})` is {16, 16}. `groups` is not
// used.
CRESSET_API functional::Size2 conv2d_output_size(functional::Size2 input_size, functional::Size2 kernel_size,
                                                 const functional::Conv2dOptions& options = {});

// The same for pooling, whose stride is the kernel size where none is given. With `ceil_mode` the quotient is rounded
// up, but the last window must begin in the input or in the padding before it.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
CRESSET_API functional::Size2 max_pool2d_output_size(functional::Size2 input_size, functional::Size2 kernel_size,
                                                     const functional::MaxPool2dOptions& options = {});
CRESSET_API functional::Size2 avg_pool2d_output_size(functional::Size2 input_size, functional::Size2 kernel_size,
                                                     const functional::AvgPool2dOptions& options = {});

}  // namespace cresset::nn
