// The IDX format of MNIST: https://yann.lecun.org/exdb/mnist/index.html (big-endian magic number and sizes, then
// bytes).
#pragma once

#include <cresset/tensor.h>

#include <string>

namespace cresset::data {

// A file of bytes with `dims` dimensions, gzipped where its name ends so, as a uint8 tensor. FormatError where the
// magic number, the sizes or the length is wrong.
Tensor read_idx(const std::string& path, int dims);

}  // namespace cresset::data
