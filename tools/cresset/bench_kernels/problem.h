// The convolutions and products that are measured, by sizes alone.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace cresset::program::bench {

// x [N, C, H, W], K filters of R by S; stride and padding are the same both ways.
struct Convolution {
  std::int64_t N, C, H, W, K, R, S, stride = 1, padding = 0, groups = 1;

  std::int64_t P() const { return (H + 2 * padding - R) / stride + 1; }
  std::int64_t Q() const { return (W + 2 * padding - S) / stride + 1; }
  // Of forward and of each gradient.
  double multiply_adds() const {
    return static_cast<double>(N * P() * Q()) * static_cast<double>(K * (C / groups) * R * S);
  }
  friend bool operator==(const Convolution&, const Convolution&) = default;
};

// A linear layer: x [N, in] by weight [out, in].
struct Linear {
  std::int64_t N, in, out;
  double multiply_adds() const { return static_cast<double>(N * in) * static_cast<double>(out); }
  friend bool operator==(const Linear&, const Linear&) = default;
};

struct Problem {
  std::string network, layer;  // "resnet18", "layer1"
  std::variant<Convolution, Linear> sizes;
  bool input_gradient = true;  // false for what reads the images: no training asks for their gradient

  bool is_convolution() const { return sizes.index() == 0; }
  std::string op() const { return is_convolution() ? "conv2d" : "linear"; }
  double multiply_adds() const;
  // "32x64x56x56 to 64, 3x3, padding 1", "128x9216 to 4096"
  std::string text() const;
};

struct Network {
  std::string name, what;
  std::vector<Problem> problems;
};
// All lists, in the order in which they are shown.
const std::vector<Network>& networks();

// "resnet18,seeds,vgg16/conv1_1" in that order, each problem once; "all" for every list, "seeds" for the seeds'.
// UsageError, with the nearest names, where there is no such network or layer.
std::vector<Problem> problems_named(const std::string& names);
// "N=32,C=64,H=56,K=64,R=3,padding=1": W and S are H and R where not given, stride 1, padding 0, groups 1. UsageError
// where a size is missing, unknown, no whole number or impossible.
Problem convolution_of(const std::string& sizes);
// "N=128,in=9216,out=4096"
Problem linear_of(const std::string& sizes);
// The same with another batch.
Problem with_batch(Problem problem, std::int64_t N);

}  // namespace cresset::program::bench
