#include "accuracy.h"

#include <cresset/cresset.h>
#include <cresset/data/loader.h>
#include <cresset/plot.h>
#include <fmt/format.h>

#include <algorithm>

namespace cresset::program {
namespace {

class EvalMode {
 public:
  explicit EvalMode(nn::Module& model) : model_(model), before_(model.is_training()) { model.eval(); }
  ~EvalMode() { model_.train(before_); }
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  nn::Module& model_;
  bool before_;
};

// Of a generator of its own: testing must not move the training's random numbers.
data::DataLoaderOptions test_options(int workers) {
  return {.batch_size = 100, .num_workers = workers, .generator = Generator(0)};
}

}  // namespace

Accuracy measure_accuracy(nn::Module& model, const data::ImageDataset& images, const Device& device, int workers) {
  const EvalMode eval(model);
  const NoGradGuard no_grad;
  Accuracy result;
  result.images_of_class.resize(images.classes.size());
  result.correct_of_class.resize(images.classes.size());
  for (auto [inputs, labels] : data::DataLoader{images, test_options(workers)}) {
    const Tensor outputs = model(inputs.to(device));
    const Tensor targets = labels.to(device);
    result.loss += nn::functional::cross_entropy(outputs, targets, {.reduction = Reduction::sum}).item();
    const Tensor predicted = outputs.argmax(1).cpu();
    const auto* const guesses = predicted.data_ptr<std::int64_t>();
    const auto* const truths = labels.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < labels.numel(); ++i) {
      const auto truth = static_cast<std::size_t>(truths[i]);
      const bool right = guesses[i] == truths[i];
      ++result.images;
      result.correct += right;
      if (truth < result.images_of_class.size()) {
        ++result.images_of_class[truth];
        result.correct_of_class[truth] += right;
      }
    }
  }
  if (result.images > 0) result.loss /= static_cast<double>(result.images);
  return result;
}

std::string accuracy_text(const Accuracy& accuracy, const std::vector<std::string>& classes) {
  std::size_t widest = 5;
  for (const std::string& name : classes) widest = std::max(widest, name.size());
  std::string out = fmt::format("Accuracy of the network on the {} test images: {} %", accuracy.images,
                                accuracy.images ? 100 * accuracy.correct / accuracy.images : 0);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto images = accuracy.images_of_class[i];
    if (images > 0)
      out +=
          fmt::format("\nAccuracy of {:>{}} : {:2} %", classes[i], widest, 100 * accuracy.correct_of_class[i] / images);
  }
  return out;
}

void save_prediction_grid(nn::Module& model, const data::ImageDataset& images, const Device& device, std::int64_t count,
                          const std::string& path) {
  const EvalMode eval(model);
  const NoGradGuard no_grad;
  std::vector<Tensor> inputs, bytes;
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < std::min(count, images.size()); ++i) {
    const auto sample = images.get(i);
    inputs.push_back(sample.image);
    labels.push_back(sample.label);
    const Tensor raw = images.data[i];
    bytes.push_back(raw.dim() == 2 ? raw.unsqueeze(0) : raw);
  }
  const Tensor predicted = model(stack(inputs).to(device)).argmax(1).cpu();
  std::vector<plot::Caption> captions;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto guess = predicted.data_ptr<std::int64_t>()[i];
    const auto word = [&](std::int64_t label) {
      const auto at = static_cast<std::size_t>(label);
      return at < images.classes.size() ? images.classes[at] : fmt::format("class {}", label);
    };
    const bool right = guess == labels[i];
    captions.push_back({{word(guess), right ? plot::kGreen : plot::kRed},
                        {right ? std::string() : "is: " + word(labels[i]), plot::kGrey}});
  }
  plot::save_png(plot::draw_grid(stack(bytes), captions, {.title = "Predicted, and what it is where that is wrong"}),
                 path);
}

}  // namespace cresset::program
