// How well a network does on a data set.
#pragma once

#include <cresset/data/image_dataset.h>
#include <cresset/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cresset::program {

struct Accuracy {
  std::int64_t images = 0, correct = 0;
  double loss = 0;  // mean cross-entropy
  std::vector<std::int64_t> images_of_class, correct_of_class;
  double share() const { return images ? static_cast<double>(correct) / static_cast<double>(images) : 0; }
};

// The model is in eval mode meanwhile.
Accuracy measure_accuracy(nn::Module& model, const data::ImageDataset& images, const Device& device, int workers);

// "Accuracy of the network on the 10000 test images: 56 %", and a line a class.
std::string accuracy_text(const Accuracy& accuracy, const std::vector<std::string>& classes);

// The first `count` images with what the model takes them for, as PNG.
void save_prediction_grid(nn::Module& model, const data::ImageDataset& images, const Device& device, std::int64_t count,
                          const std::string& path);

}  // namespace cresset::program
