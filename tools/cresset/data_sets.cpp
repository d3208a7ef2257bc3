#include "data_sets.h"

#include <cresset/cresset.h>
#include <cresset/data/cifar10.h>
#include <cresset/data/mnist.h>

#include <algorithm>
#include <cstdlib>

#include "command.h"
#include "nearest.h"

namespace cresset::program {
namespace {

Tensor grey_to_colour(const Tensor& image) {
  return nn::functional::pad(image, {2, 2, 2, 2}).expand({3, 32, 32}).contiguous();
}

std::string folder_of(const DataSetOptions& options) {
  if (!options.folder.empty()) return options.folder;
  const char* set = std::getenv("CRESSET_DATA_DIR");
  return set && *set ? set : "data";
}

std::string in_words_of_the_program(std::string message) {
  constexpr std::string_view kLibrary = ".download = true", kProgram = "--download";
  if (const auto at = message.find(kLibrary); at != std::string::npos) message.replace(at, kLibrary.size(), kProgram);
  return message;
}

data::ImageDataset open_named(const DataSetOptions& options, bool train) {
  const std::string folder = folder_of(options);
  const data::Normalize centred{{0.5}, {0.5}};
  data::ImageDatasetOptions common{.train = train, .download = options.download};
  common.transform = data::Compose{data::ToTensor{}, centred};
  if (options.name == "cifar10") return data::CIFAR10{folder, common};
  common.transform = data::Compose{grey_to_colour, data::ToTensor{}, centred};
  if (options.name == "fashion_mnist") return data::FashionMNIST{folder, common};
  if (options.name == "mnist") return data::MNIST{folder, common};
  throw UsageError(unknown_name("data set", options.name, data_set_names()));
}

}  // namespace

const std::vector<std::string>& data_set_names() {
  static const std::vector<std::string> names{"cifar10", "fashion_mnist", "mnist"};
  return names;
}

data::ImageDataset open_data_set(const DataSetOptions& options, bool train) {
  try {
    return open_named(options, train);
  } catch (const IoError& error) {
    throw IoError(in_words_of_the_program(error.what()));
  }
}

}  // namespace cresset::program
