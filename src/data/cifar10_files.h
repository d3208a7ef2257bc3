// The binary version of CIFAR-10 on disk: a record is a label byte, then the planes R, G and B, each row by row.
#pragma once

#include <cresset/tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "data/published.h"

namespace cresset::data {

struct Cifar10Layout {
  std::int64_t records_per_file = 10000;
  PublishedFile archive = {"cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"};
  std::vector<std::string> mirrors = {"https://www.cs.toronto.edu/~kriz/"};
};

// Images uint8 [N, 3, 32, 32] and labels int64 [N].
std::pair<Tensor, Tensor> read_cifar10(const std::string& root, bool train, bool download, const Cifar10Layout& layout);

}  // namespace cresset::data
