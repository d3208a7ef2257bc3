#include <cresset/creation.h>
#include <cresset/data/download.h>
#include <cresset/data/mnist.h>

#include "core/check.h"
#include "data/file.h"
#include "data/idx.h"
#include "data/mnist_files.h"

namespace cresset::data {
namespace {

std::string without_gz(const std::string& name) { return name.substr(0, name.size() - 3); }

// The file, unpacked or not, in the first of the folders that has it; empty where none has.
std::string find(const std::vector<std::string>& folders, const std::string& gz_name) {
  for (const std::string& folder : folders)
    for (const std::string& name : {without_gz(gz_name), gz_name})
      if (file_size_or_missing(join(folder, name)) >= 0) return join(folder, name);
  return {};
}

ImageDataset load(const std::string& root, const ImageDatasetOptions& options, MnistLayout layout,
                  std::vector<std::string> classes) {
  if (!options.mirrors.empty()) layout.mirrors = options.mirrors;
  auto [images, labels] = read_mnist(root, options.train, options.download, layout);
  return {layout.name, images, labels, std::move(classes), options.transform, options.target_transform};
}

}  // namespace

MnistLayout mnist_layout() {
  return {.name = "MNIST",
          .mirrors = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                      "https://storage.googleapis.com/cvdf-datasets/mnist/"},
          .train_images = {"train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
          .train_labels = {"train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"},
          .test_images = {"t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"},
          .test_labels = {"t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"}};
}

MnistLayout fashion_mnist_layout() {
  return {.name = "FashionMNIST",
          .mirrors = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
          .train_images = {"train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
          .train_labels = {"train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"},
          .test_images = {"t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"},
          .test_labels = {"t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"}};
}

std::pair<Tensor, Tensor> read_mnist(const std::string& root, bool train, bool download, const MnistLayout& layout) {
  const std::string raw = join(join(root, layout.name), "raw");
  const std::vector<std::string> folders = {raw, join(root, "raw"), root};
  const auto locate = [&](const PublishedFile& file) {
    std::string path = find(folders, file.name);
    if (path.empty() && download) {
      path = join(raw, file.name);
      download_file(addresses(layout.mirrors, file.name), path, {.md5 = file.md5});
    }
    check<IoError>(!path.empty(), "{}: {} or {} must be in {}, {} or {}; .download = true fetches it", layout.name,
                   without_gz(file.name), file.name, folders[0], folders[1], folders[2]);
    return path;
  };
  const std::string images_path = locate(train ? layout.train_images : layout.test_images);
  const std::string labels_path = locate(train ? layout.train_labels : layout.test_labels);
  Tensor images = read_idx(images_path, 3);
  const Tensor bytes = read_idx(labels_path, 1);
  const std::int64_t count = images.size(0);
  check<FormatError>(bytes.size(0) == count, "{}: images and labels must be as many, {} has {} and {} has {}",
                     layout.name, images_path, count, labels_path, bytes.size(0));
  Tensor labels = empty({count}, {.dtype = kInt64});
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint8_t label = bytes.data_ptr<std::uint8_t>()[i];
    check<ValueError>(label < 10, "{}: labels must be in [0, 10), {} has {} at {}", layout.name, labels_path, label, i);
    labels.data_ptr<std::int64_t>()[i] = label;
  }
  return {images, labels};
}

MNIST::MNIST(const std::string& root, const ImageDatasetOptions& options)
    : ImageDataset(load(root, options, mnist_layout(),
                        {"0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven",
                         "8 - eight", "9 - nine"})) {}

FashionMNIST::FashionMNIST(const std::string& root, const ImageDatasetOptions& options)
    : ImageDataset(load(
          root, options, fashion_mnist_layout(),
          {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"})) {
}

}  // namespace cresset::data
