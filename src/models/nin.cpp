#include <cresset/models/nin.h>

#include "nn/define_module.h"

namespace cresset::models {

CRESSET_DEFINE_MODULE(NiN)
namespace {

nn::Sequential block(std::int64_t in_channels, const std::array<std::int64_t, 3>& widths, nn::Size2 kernel_size,
                     const nn::Conv2dOptions& options) {
  return nn::Sequential{nn::Conv2d{in_channels, widths[0], kernel_size, options},
                        nn::ReLU{},
                        nn::Conv2d{widths[0], widths[1], 1},
                        nn::ReLU{},
                        nn::Conv2d{widths[1], widths[2], 1},
                        nn::ReLU{}};
}

}  // namespace

nn::Sequential nin_block(std::int64_t in_channels, std::int64_t out_channels, nn::Size2 kernel_size,
                         const nn::Conv2dOptions& options) {
  return block(in_channels, {out_channels, out_channels, out_channels}, kernel_size, options);
}

NiN::NiN(const NiNOptions& options) {
  if (options.input == InputSize::imagenet) {
    push_back(nin_block(options.in_channels, 96, 11, {.stride = 4}));
    push_back(nn::MaxPool2d{3, 2});
    push_back(nin_block(96, 256, 5, {.padding = 2}));
    push_back(nn::MaxPool2d{3, 2});
    push_back(nin_block(256, 384, 3, {.padding = 1}));
    push_back(nn::MaxPool2d{3, 2});
    push_back(nn::Dropout{options.dropout});
    push_back(nin_block(384, options.num_classes, 3, {.padding = 1}));
  } else {
    push_back(block(options.in_channels, {192, 160, 96}, 5, {.padding = 2}));
    push_back(nn::MaxPool2d{3, {.stride = 2, .padding = 1}});
    push_back(nn::Dropout{options.dropout});
    push_back(nin_block(96, 192, 5, {.padding = 2}));
    push_back(nn::AvgPool2d{3, {.stride = 2, .padding = 1}});
    push_back(nn::Dropout{options.dropout});
    push_back(block(192, {192, 192, options.num_classes}, 3, {.padding = 1}));
  }
  push_back(nn::AdaptiveAvgPool2d{{1, 1}});
  push_back(nn::Flatten{});
}

}  // namespace cresset::models
