#include <cresset/models.h>
#include <fmt/ranges.h>

#include "core/check.h"
#include "core/nearest.h"

namespace cresset::models {
namespace {

using Made = std::unique_ptr<nn::Module>;
template <class M>
Made own(M model) {
  return std::make_unique<M>(std::move(model));
}

// The tutorials' networks have 10 classes; a last layer of another size takes the place of theirs.
template <auto kLast, class M>
Made with_classes(M model, std::int64_t classes) {
  nn::Linear& last = model.*kLast;
  if (classes != last.out_features()) last = nn::Linear(last.in_features(), classes);
  return own(std::move(model));
}

struct Entry {
  const char* name;
  const char* description;
  std::int64_t channels, size, num_classes;
  Made (*make)(std::int64_t num_classes);
};
constexpr InputSize kCifar = InputSize::cifar;
constexpr Entry kModels[] = {
    {"cifar_net", "the network of PyTorch's CIFAR-10 tutorial", 3, 32, 10,
     [](std::int64_t n) { return with_classes<&CifarNet::fc_3>(CifarNet(), n); }},
    {"mnist_cnn", "two Sequential blocks and a linear layer", 1, 28, 10,
     [](std::int64_t n) { return with_classes<&MnistCnn::output>(MnistCnn(), n); }},
    {"mnist_net", "two convolutions and two linear layers", 1, 28, 10,
     [](std::int64_t n) { return with_classes<&MnistNet::fc2>(MnistNet(), n); }},
    {"conv_net", "four convolutions, the first of 96 kernels", 3, 32, 10,
     [](std::int64_t n) { return own(ConvNet(96, {.num_classes = n})); }},
    {"conv_net_softmax", "conv_net that ends in Dropout and Softmax", 3, 32, 10,
     [](std::int64_t n) { return own(ConvNet(96, {.num_classes = n, .dropout_softmax = true})); }},
    {"lenet", "LeNet-5 with Sigmoid and max pooling", 1, 28, 10,
     [](std::int64_t n) { return own(LeNet({.num_classes = n})); }},
    {"lenet_avg", "LeNet-5 with Sigmoid and average pooling", 1, 28, 10,
     [](std::int64_t n) { return own(LeNet({.num_classes = n, .pooling = LeNetPooling::average})); }},
    {"lenet_relu", "LeNet-5 with ReLU and max pooling", 1, 28, 10,
     [](std::int64_t n) { return own(LeNet({.num_classes = n, .activation = LeNetActivation::relu})); }},
    {"nin", "Network in Network", 3, 224, 1000, [](std::int64_t n) { return own(NiN({.num_classes = n})); }},
    {"nin_cifar", "Network in Network for 32x32", 3, 32, 10,
     [](std::int64_t n) { return own(NiN({.num_classes = n, .input = kCifar})); }},
    {"alexnet", "AlexNet as torchvision's", 3, 224, 1000,
     [](std::int64_t n) { return own(AlexNet({.num_classes = n})); }},
    {"alexnet_cifar", "AlexNet for 32x32", 3, 32, 10,
     [](std::int64_t n) { return own(AlexNet({.num_classes = n, .input = kCifar})); }},
    {"alexnet_sequential", "AlexNet of one channel in one Sequential", 1, 224, 10,
     [](std::int64_t n) { return own(alexnet_sequential({.num_classes = n})); }},
    {"vgg11", "VGG-11 as torchvision's", 3, 224, 1000, [](std::int64_t n) { return own(vgg11({.num_classes = n})); }},
    {"vgg11_bn", "VGG-11 with batch normalisation", 3, 224, 1000,
     [](std::int64_t n) { return own(vgg11_bn({.num_classes = n})); }},
    {"vgg11_cifar", "VGG-11 for 32x32", 3, 32, 10,
     [](std::int64_t n) { return own(vgg11({.num_classes = n, .input = kCifar})); }},
    {"vgg11_bn_cifar", "VGG-11 with batch normalisation for 32x32", 3, 32, 10,
     [](std::int64_t n) { return own(vgg11_bn({.num_classes = n, .input = kCifar})); }},
    {"vgg11_sequential", "VGG-11 of one channel in one Sequential", 1, 224, 10,
     [](std::int64_t n) { return own(vgg_sequential({.num_classes = n})); }},
    {"vgg16", "VGG-16 as torchvision's", 3, 224, 1000, [](std::int64_t n) { return own(vgg16({.num_classes = n})); }},
    {"vgg16_bn", "VGG-16 with batch normalisation", 3, 224, 1000,
     [](std::int64_t n) { return own(vgg16_bn({.num_classes = n})); }},
    {"vgg16_cifar", "VGG-16 for 32x32", 3, 32, 10,
     [](std::int64_t n) { return own(vgg16({.num_classes = n, .input = kCifar})); }},
    {"vgg16_bn_cifar", "VGG-16 with batch normalisation for 32x32", 3, 32, 10,
     [](std::int64_t n) { return own(vgg16_bn({.num_classes = n, .input = kCifar})); }},
    {"resnet18", "ResNet-18 as torchvision's", 3, 224, 1000,
     [](std::int64_t n) { return own(resnet18({.num_classes = n})); }},
    {"resnet18_cifar", "ResNet-18 for 32x32", 3, 32, 10,
     [](std::int64_t n) { return own(resnet18({.num_classes = n, .input = kCifar})); }},
    {"resnet20", "ResNet-20 for CIFAR, shortcuts without parameters", 3, 32, 10,
     [](std::int64_t n) { return own(resnet20({.num_classes = n})); }},
};

const Entry& entry_of(std::string_view name) {
  for (const Entry& entry : kModels)
    if (name == entry.name) return entry;
  fail<ValueError>("models: there is no model \"{}\"; the nearest names are {}", name,
                   fmt::join(nearest_names(name, names()), ", "));
}

}  // namespace

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const Entry& entry : kModels) all.emplace_back(entry.name);
  return all;
}

std::unique_ptr<nn::Module> make(std::string_view name, const MakeOptions& options) {
  const Entry& entry = entry_of(name);
  const std::int64_t classes = options.num_classes.value_or(entry.num_classes);
  check<ValueError>(classes > 0, "models: num_classes must be positive, got {}", classes);
  return entry.make(classes);
}

ModelInfo info(std::string_view name) {
  const Entry& entry = entry_of(name);
  return {.name = entry.name,
          .description = entry.description,
          .input = {entry.channels, entry.size, entry.size},
          .num_classes = entry.num_classes};
}

}  // namespace cresset::models
