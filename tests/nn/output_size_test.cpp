// The formulas of output sizes against the ops themselves.
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include "support/message.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

// "HxW", or the kind of the error.
template <class Call>
std::string outcome(Call call) {
  try {
    const F::Size2 size = call();
    return std::to_string(size.h) + 'x' + std::to_string(size.w);
  } catch (const ShapeError&) {
    return "ShapeError";
  } catch (const ValueError&) {
    return "ValueError";
  }
}
F::Size2 plane(const Tensor& t) { return {t.size(-2), t.size(-1)}; }

// Rows and columns have options of their own, so that one taken for the other shows.
TEST(OutputSize, OfConv2dOverAGrid) {
  int sizes = 0, refused = 0;
  for (const std::int64_t in : {0, 1, 4, 7, 12})
    for (const std::int64_t kernel : {1, 2, 3, 5})
      for (const std::int64_t stride : {1, 2, 3})
        for (const std::int64_t padding : {-1, 0, 1, 2})
          for (const std::int64_t dilation : {1, 2}) {
            const F::Size2 input{in, in + 3}, size{kernel, 3};
            const F::Conv2dOptions options{.stride = {stride, 2}, .padding = {padding, 1}, .dilation = {dilation, 1}};
            const std::string ours = outcome([&] { return nn::conv2d_output_size(input, size, options); });
            EXPECT_EQ(
                ours, outcome([&] {
                  return plane(F::conv2d(zeros({1, 1, input.h, input.w}), zeros({1, 1, size.h, size.w}), {}, options));
                }))
                << in << ' ' << kernel << ' ' << stride << ' ' << padding << ' ' << dilation;
            ++(ours.ends_with("Error") ? refused : sizes);
          }
  EXPECT_GT(sizes, 200);
  EXPECT_GT(refused, 50);
}

TEST(OutputSize, OfConv2dWithWords) {
  for (const std::int64_t kernel : {1, 2, 3, 4}) {
    const F::Conv2dOptions same{.padding = "same", .dilation = 2}, valid{.stride = 2, .padding = "valid"};
    const Tensor weight = zeros({1, 1, kernel, 2});
    EXPECT_EQ(nn::conv2d_output_size({9, 8}, {kernel, 2}, same),
              plane(F::conv2d(zeros({1, 1, 9, 8}), weight, {}, same)));
    EXPECT_EQ(nn::conv2d_output_size({9, 8}, {kernel, 2}, valid),
              plane(F::conv2d(zeros({1, 1, 9, 8}), weight, {}, valid)));
  }
  EXPECT_THROW(nn::conv2d_output_size(8, 3, {.stride = 2, .padding = "same"}), ValueError);
}

template <class Options, class Size, class Pool>
void check_pool(Size size_of, Pool pool) {
  int sizes = 0, refused = 0;
  for (const std::int64_t in : {1, 4, 7, 12})
    for (const std::int64_t kernel : {1, 2, 3, 5})
      for (const std::int64_t stride : {0, 1, 2, 3, 6})
        for (const std::int64_t padding : {0, 1, 2})
          for (const std::int64_t dilation : {1, 2})
            for (const bool ceil_mode : {false, true}) {
              const F::Size2 input{in, in + 3}, size{kernel, 3};
              Options options{.stride = {stride, 2}, .padding = {padding, 1}};
              options.ceil_mode = ceil_mode;
              if constexpr (requires { options.dilation; })
                options.dilation = {dilation, 1};
              else if (dilation > 1)
                continue;
              const std::string ours = outcome([&] { return size_of(input, size, options); });
              EXPECT_EQ(ours, outcome([&] {
                          return plane(pool(zeros({1, 1, input.h, input.w}), size, options));
                        }))
                  << in << ' ' << kernel << ' ' << stride << ' ' << padding << ' ' << dilation << ' ' << ceil_mode;
              ++(ours.ends_with("Error") ? refused : sizes);
            }
  EXPECT_GT(sizes, 100);
  EXPECT_GT(refused, 50);
}

TEST(OutputSize, OfMaxPool2dOverAGrid) { check_pool<F::MaxPool2dOptions>(nn::max_pool2d_output_size, F::max_pool2d); }
TEST(OutputSize, OfAvgPool2dOverAGrid) { check_pool<F::AvgPool2dOptions>(nn::avg_pool2d_output_size, F::avg_pool2d); }

TEST(OutputSize, StrideIsTheKernelWhereNoneIsGiven) {
  EXPECT_EQ(nn::max_pool2d_output_size(7, 2), F::Size2(3));
  EXPECT_EQ(nn::avg_pool2d_output_size(7, 2, {.ceil_mode = true}), F::Size2(4));
  EXPECT_EQ(nn::conv2d_output_size(7, 2), F::Size2(6));
}

// 224x224 by 5x5 kernels without padding: 55 layers give 4x4.
TEST(OutputSize, OfManyLayers) {
  F::Size2 size = 224;
  int layers = 0;
  for (; size.h > 4; ++layers) size = nn::conv2d_output_size(size, 5);
  EXPECT_EQ(layers, 55);
  EXPECT_EQ(size, F::Size2(4));
}

TEST(OutputSize, RefusesWhatTheOpsRefuse) {
  EXPECT_EQ(message_of<ShapeError>([] { nn::conv2d_output_size(4, 7, {.padding = 1}); }),
            "conv2d: Calculated padded input size per channel: 6. Kernel size: 7. Kernel size can't be greater than "
            "actual input size (height)");
  EXPECT_EQ(message_of<ValueError>([] { nn::conv2d_output_size(-1, 7); }),
            "conv2d_output_size: the input's size must be from 0 to 1073741824, got -1 and -1");
  EXPECT_EQ(message_of<ValueError>([] { nn::conv2d_output_size(5, 0); }),
            "conv2d_output_size: kernel size should be greater than zero, got 0 and 0");
  EXPECT_EQ(message_of<ShapeError>([] {
              nn::max_pool2d_output_size({2, 4}, 3);
            }),
            "max_pool2d_output_size: Given input size: (2x4). Calculated output size: (0x1). Output size is too small");
  EXPECT_EQ(message_of<ValueError>([] {
              nn::avg_pool2d_output_size({0, 4}, 3);
            }),
            "avg_pool2d_output_size: the input must have rows and columns, got 0 and 4");
}

}  // namespace
}  // namespace cresset::test
