// Problem and slot of image augmentation on a device: random crops and flips, and bytes made floats, in one call for a
// batch. Images on the CPU go through the data sets' own vector code.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>

#include <cstdint>

namespace cresset {

inline constexpr int kMostAugmentSteps = 8, kMostAugmentChannels = 4;

// Step k of an image draws the block of its seed's stream at counter k, as docs/random.md and docs/data.md say.
struct AugmentStep {
  bool crop;                                // otherwise a horizontal flip
  std::int64_t height, width;               // of the image that the step takes
  double p;                                 // flip: its probability
  std::uint64_t rows, columns;              // crop: numbers of places, in the image with its border
  std::int64_t above, before;               // crop: rows and columns of the border
  std::uint8_t fill[kMostAugmentChannels];  // crop: the border's value in each channel
};

struct AugmentProblem {
  DType dtype;                               // of y: uint8, or float32: (x / 255 - mean) / std
  std::int64_t N, C, H, W;                   // of y; at most kMostAugmentChannels
  bool channels_last;                        // y is dense in this order, or contiguous
  std::int64_t image, channel, row, column;  // strides of the stored images
  int steps;                                 // from the first; at most kMostAugmentSteps
  AugmentStep step[kMostAugmentSteps];
  bool normalize;
  float mean[kMostAugmentChannels], std[kMostAugmentChannels];
};

// y[i] is made of the stored image indices[i]; indices are not checked.
struct Augment {
  static constexpr std::string_view name = "augment";
  using Problem = AugmentProblem;
  using Run = void(const Problem&, const Context&, const std::uint8_t* images, const std::int64_t* indices,
                   const std::uint64_t* seeds, void* y);
};

}  // namespace cresset
