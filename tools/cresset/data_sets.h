// The data sets that `--dataset` names, made ready for a network of 3 x 32 x 32 inputs.
#pragma once

#include <cresset/data/image_dataset.h>

#include <string>
#include <vector>

namespace cresset::program {

const std::vector<std::string>& data_set_names();

struct DataSetOptions {
  std::string name = "cifar10";
  std::string folder;  // "": CRESSET_DATA_DIR, or "data"
  bool download = false;
};

// Images are scaled to [-1, 1], as (x - 0.5) / 0.5; grey ones of 28 x 28 are padded to 32 x 32 and repeated for three
// channels. UsageError for an unknown name.
data::ImageDataset open_data_set(const DataSetOptions& options, bool train);

}  // namespace cresset::program
