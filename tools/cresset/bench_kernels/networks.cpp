// The lists of sizes. Each layer of a network stands once, however often the network has its sizes.
#include "problem.h"

namespace cresset::program::bench {
namespace {

struct Square {
  const char* layer;
  std::int64_t C, H, K, R, stride = 1, padding = 0, groups = 1;
};
struct Product {
  const char* layer;
  std::int64_t in, out;
};

// The first layer reads the images. N is the batch.
Network network(const char* name, const char* what, std::int64_t N, const std::vector<Square>& convolutions,
                const std::vector<Product>& products = {}) {
  Network out{name, what, {}};
  for (const Square& s : convolutions)
    out.problems.push_back({name, s.layer, Convolution{N, s.C, s.H, s.H, s.K, s.R, s.R, s.stride, s.padding, s.groups},
                            !out.problems.empty()});
  for (const Product& p : products)
    out.problems.push_back({name, p.layer, Linear{N, p.in, p.out}, !out.problems.empty()});
  return out;
}

std::vector<Network> make_networks() {
  std::vector<Network> all;
  // The tutorials that the project began with; batches as they have them.
  all.push_back(network("seed000", "CifarNet", 4, {{"conv_1", 3, 32, 6, 5}, {"conv_2", 6, 14, 16, 5}},
                        {{"fc_1", 400, 120}, {"fc_2", 120, 84}, {"fc_3", 84, 10}}));
  all.push_back(network("seed001", "MNIST, two convolutions", 64,
                        {{"conv1", 1, 28, 16, 3, 1, 1}, {"conv2", 16, 14, 32, 3, 1, 1}}));
  all.push_back(network("seed002_alexnet", "AlexNet for one channel", 128,
                        {{"conv1", 1, 224, 96, 11, 4, 1},
                         {"conv2", 96, 26, 256, 5, 1, 2},
                         {"conv3", 256, 12, 384, 3, 1, 1},
                         {"conv4", 384, 12, 384, 3, 1, 1},
                         {"conv5", 384, 12, 256, 3, 1, 1}}));
  all.push_back(network("seed002_cifar", "AlexNet for CIFAR-10", 128,
                        {{"conv1", 3, 32, 64, 3, 1, 2},
                         {"conv2", 64, 16, 384, 3, 1, 2},
                         {"conv3", 384, 8, 384, 3},
                         {"conv4", 384, 6, 256, 3}}));
  all.push_back(network("seed003", "LeNet-5", 256, {{"conv1", 1, 28, 6, 5, 1, 2}, {"conv2", 6, 14, 16, 5}},
                        {{"fc1", 400, 120}, {"fc2", 120, 84}, {"fc3", 84, 10}}));
  all.push_back(
      network("seed004", "MNIST, padded", 64, {{"conv1", 1, 28, 32, 3, 1, 1}, {"conv2", 32, 14, 64, 3, 1, 1}}));
  // A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, as torchvision has it.
  all.push_back(network("alexnet", "AlexNet, ImageNet", 128,
                        {{"conv1", 3, 224, 64, 11, 4, 2},
                         {"conv2", 64, 27, 192, 5, 1, 2},
                         {"conv3", 192, 13, 384, 3, 1, 1},
                         {"conv4", 384, 13, 256, 3, 1, 1},
                         {"conv5", 256, 13, 256, 3, 1, 1}},
                        {{"fc6", 9216, 4096}, {"fc7", 4096, 4096}, {"fc8", 4096, 1000}}));
  // K. Simonyan, A. Zisserman, "Very deep convolutional networks", 2014, configuration D.
  all.push_back(network("vgg16", "VGG-16, ImageNet", 32,
                        {{"conv1_1", 3, 224, 64, 3, 1, 1},
                         {"conv1_2", 64, 224, 64, 3, 1, 1},
                         {"conv2_1", 64, 112, 128, 3, 1, 1},
                         {"conv2_2", 128, 112, 128, 3, 1, 1},
                         {"conv3_1", 128, 56, 256, 3, 1, 1},
                         {"conv3_2", 256, 56, 256, 3, 1, 1},
                         {"conv4_1", 256, 28, 512, 3, 1, 1},
                         {"conv4_2", 512, 28, 512, 3, 1, 1},
                         {"conv5", 512, 14, 512, 3, 1, 1}},
                        {{"fc6", 25088, 4096}, {"fc7", 4096, 4096}, {"fc8", 4096, 1000}}));
  // K. He et al., "Deep residual learning for image recognition", 2015.
  all.push_back(network("resnet18", "ResNet-18, ImageNet", 32,
                        {{"conv1", 3, 224, 64, 7, 2, 3},
                         {"layer1", 64, 56, 64, 3, 1, 1},
                         {"layer2.0.conv1", 64, 56, 128, 3, 2, 1},
                         {"layer2.0.downsample", 64, 56, 128, 1, 2},
                         {"layer2", 128, 28, 128, 3, 1, 1},
                         {"layer3.0.conv1", 128, 28, 256, 3, 2, 1},
                         {"layer3.0.downsample", 128, 28, 256, 1, 2},
                         {"layer3", 256, 14, 256, 3, 1, 1},
                         {"layer4.0.conv1", 256, 14, 512, 3, 2, 1},
                         {"layer4.0.downsample", 256, 14, 512, 1, 2},
                         {"layer4", 512, 7, 512, 3, 1, 1}},
                        {{"fc", 512, 1000}}));
  all.push_back(network("resnet18_cifar", "ResNet-18, CIFAR-10", 128,
                        {{"conv1", 3, 32, 64, 3, 1, 1},
                         {"layer1", 64, 32, 64, 3, 1, 1},
                         {"layer2.0.conv1", 64, 32, 128, 3, 2, 1},
                         {"layer2.0.downsample", 64, 32, 128, 1, 2},
                         {"layer2", 128, 16, 128, 3, 1, 1},
                         {"layer3.0.conv1", 128, 16, 256, 3, 2, 1},
                         {"layer3.0.downsample", 128, 16, 256, 1, 2},
                         {"layer3", 256, 8, 256, 3, 1, 1},
                         {"layer4.0.conv1", 256, 8, 512, 3, 2, 1},
                         {"layer4.0.downsample", 256, 8, 512, 1, 2},
                         {"layer4", 512, 4, 512, 3, 1, 1}}));
  // The same paper, with the stride in the 3x3 convolution (torchvision's "v1.5").
  all.push_back(network("resnet50", "ResNet-50, ImageNet", 32,
                        {{"conv1", 3, 224, 64, 7, 2, 3},
                         {"layer1.0.conv1", 64, 56, 64, 1},
                         {"layer1.conv1", 256, 56, 64, 1},
                         {"layer1.conv2", 64, 56, 64, 3, 1, 1},
                         {"layer1.conv3", 64, 56, 256, 1},
                         {"layer2.0.conv1", 256, 56, 128, 1},
                         {"layer2.0.conv2", 128, 56, 128, 3, 2, 1},
                         {"layer2.0.downsample", 256, 56, 512, 1, 2},
                         {"layer2.conv1", 512, 28, 128, 1},
                         {"layer2.conv2", 128, 28, 128, 3, 1, 1},
                         {"layer2.conv3", 128, 28, 512, 1},
                         {"layer3.0.conv1", 512, 28, 256, 1},
                         {"layer3.0.conv2", 256, 28, 256, 3, 2, 1},
                         {"layer3.0.downsample", 512, 28, 1024, 1, 2},
                         {"layer3.conv1", 1024, 14, 256, 1},
                         {"layer3.conv2", 256, 14, 256, 3, 1, 1},
                         {"layer3.conv3", 256, 14, 1024, 1},
                         {"layer4.0.conv1", 1024, 14, 512, 1},
                         {"layer4.0.conv2", 512, 14, 512, 3, 2, 1},
                         {"layer4.0.downsample", 1024, 14, 2048, 1, 2},
                         {"layer4.conv1", 2048, 7, 512, 1},
                         {"layer4.conv2", 512, 7, 512, 3, 1, 1},
                         {"layer4.conv3", 512, 7, 2048, 1}},
                        {{"fc", 2048, 1000}}));
  // K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024.
  all.push_back(network("airbench94", "airbench94, CIFAR-10", 1024,
                        {{"whiten", 3, 32, 24, 2},
                         {"block1.conv1", 24, 31, 64, 3, 1, 1},
                         {"block1.conv2", 64, 15, 64, 3, 1, 1},
                         {"block2.conv1", 64, 15, 256, 3, 1, 1},
                         {"block2.conv2", 256, 7, 256, 3, 1, 1},
                         {"block3.conv1", 256, 7, 256, 3, 1, 1},
                         {"block3.conv2", 256, 3, 256, 3, 1, 1}}));
  // A. Howard et al., "MobileNets", 2017: the depthwise convolutions, with one of the pointwise ones beside them.
  all.push_back(network("mobilenet", "MobileNet, depthwise", 32,
                        {{"conv1", 3, 224, 32, 3, 2, 1},
                         {"depthwise1", 32, 112, 32, 3, 1, 1, 32},
                         {"depthwise2", 64, 112, 64, 3, 2, 1, 64},
                         {"depthwise3", 128, 56, 128, 3, 1, 1, 128},
                         {"depthwise4", 128, 56, 128, 3, 2, 1, 128},
                         {"depthwise5", 256, 28, 256, 3, 1, 1, 256},
                         {"depthwise6", 256, 28, 256, 3, 2, 1, 256},
                         {"depthwise7", 512, 14, 512, 3, 1, 1, 512},
                         {"depthwise12", 512, 14, 512, 3, 2, 1, 512},
                         {"depthwise13", 1024, 7, 1024, 3, 1, 1, 1024},
                         {"pointwise7", 512, 14, 512, 1}}));
  return all;
}

}  // namespace

const std::vector<Network>& networks() {
  static const std::vector<Network> all = make_networks();
  return all;
}

}  // namespace cresset::program::bench
