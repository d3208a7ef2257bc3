// CIFAR-10: 50,000 training and 10,000 test images of 32x32 pixels in 10 classes (A. Krizhevsky, Learning Multiple
// Layers of Features from Tiny Images, 2009).
#pragma once

#include <cresset/data/image_dataset.h>

#include <string>

namespace cresset::data {

// Reads the "binary version": https://www.cs.toronto.edu/~kriz/cifar.html. `root` is the folder that holds
// cifar-10-batches-bin, or that folder itself. `data` is uint8 [N, 3, 32, 32].
// With `.download = true`, what is missing is fetched from `.mirrors` (cifar-10-binary.tar.gz, 162 MiB, MD5 checked)
// and unpacked under root. Throws IoError where a file is missing or cannot be read, FormatError where its size is
// wrong, ValueError for a label outside of [0, 10).
class CRESSET_API CIFAR10 : public ImageDataset {
 public:
  explicit CIFAR10(const std::string& root, const ImageDatasetOptions& options = {});
};

}  // namespace cresset::data
