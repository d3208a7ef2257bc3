// MNIST (Y. LeCun, C. Cortes, C. Burges) and Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf, 2017): 60,000 training and
// 10,000 test images of 28x28 grey pixels in 10 classes.
#pragma once

#include <cresset/data/image_dataset.h>

#include <string>

namespace cresset::data {

// Reads the IDX files, unpacked or gzipped. They are looked for in root/MNIST/raw (torchvision's folders), root/raw and
// root. `data` is uint8 [N, 28, 28]; an image is [1, 28, 28].
// With `.download = true`, what is missing is fetched from `.mirrors` into root/MNIST/raw, MD5 checked. Throws IoError
// where a file is missing or cannot be read, FormatError for a wrong magic number, truncated files or counts that
// differ, ValueError for a label outside of [0, 10).
class CRESSET_API MNIST : public ImageDataset {
 public:
  explicit MNIST(const std::string& root, const ImageDatasetOptions& options = {});
};

// The same for root/FashionMNIST/raw, root/raw and root: Debian's package dataset-fashion-mnist is
// `FashionMNIST("/usr/share/datasets/fashion-mnist")`.
class CRESSET_API FashionMNIST : public ImageDataset {
 public:
  explicit FashionMNIST(const std::string& root, const ImageDatasetOptions& options = {});
};

}  // namespace cresset::data
