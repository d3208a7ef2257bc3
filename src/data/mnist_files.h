// MNIST and its relatives on disk.
#pragma once

#include <cresset/tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "data/published.h"

namespace cresset::data {

struct MnistLayout {
  std::string name;  // of the data set and its folder
  std::vector<std::string> mirrors;
  PublishedFile train_images, train_labels, test_images, test_labels;  // gzipped
};
MnistLayout mnist_layout();
MnistLayout fashion_mnist_layout();

// Images uint8 [N, H, W] and labels int64 [N].
std::pair<Tensor, Tensor> read_mnist(const std::string& root, bool train, bool download, const MnistLayout& layout);

}  // namespace cresset::data
