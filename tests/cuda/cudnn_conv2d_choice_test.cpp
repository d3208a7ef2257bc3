// When dispatch leaves cuDNN's plan of a convolution for our own kernels. Engines' numbers are those of cuDNN 9.14 on
// an H100 (docs/benchmarks.md); most of them are planned for a card that is there alone.
#include <gtest/gtest.h>

#include "backend/cuda/cudnn/conv2d_choice.h"

namespace cresset::test {
namespace {

using namespace cuda::backend::cudnn;

// ResNet-18's layer 3 at batch 32, and the bytes of its operands in float32.
constexpr std::int64_t kX = 4ll * 32 * 256 * 14 * 14, kW = 4ll * 256 * 256 * 3 * 3, kY = kX;
constexpr std::int64_t kFormats = kX + kW + kY, kMegabyte = 1 << 20;
constexpr OwnConv2d kNone{false, false}, kOurFloat32{false, true}, kOurTensorCore{true, false};

Conv2dProblem layer3(DType dtype = kFloat32, MemoryFormat format = kContiguous) {
  return {.dtype = dtype,
          .format = format,
          .bias = false,
          .N = 32,
          .C = 256,
          .H = 14,
          .W = 14,
          .K = 256,
          .R = 3,
          .S = 3,
          .P = 14,
          .Q = 14,
          .pad_top = 1,
          .pad_left = 1};
}

std::string reason(const PlanTraits& plan, OwnConv2d own, const Conv2dProblem& p = layer3()) {
  return leaves_conv2d_plan(p, plan, own).str();
}
constexpr const char* kTaken = "";
constexpr const char* kAllProducts = "its engine computes all products, as our own kernel does";
constexpr const char* kNoTensorCore = "its engine uses no tensor core, and our own kernel does";

TEST(CudnnConv2dChoice, AnEngineOfAllProductsIsLeft) {
  // Engines 0, 1 and 2 in place, or with little beside.
  EXPECT_EQ(reason({.workspace = 0}, kOurFloat32), kAllProducts);
  EXPECT_EQ(reason({.workspace = kMegabyte}, kOurFloat32), kAllProducts);
  // Engine 67 has contiguous operands in channels_last, others the reverse: all of them, with a megabyte for the rest.
  for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
    for (const std::int64_t workspace : {kX, kX + kW, kFormats, kFormats + kMegabyte})
      EXPECT_EQ(reason({.workspace = workspace}, kOurFloat32, layer3(kFloat32, format)), kAllProducts) << workspace;
  }
}

TEST(CudnnConv2dChoice, ALargerWorkspaceTellsFewerProducts) {
  // Engine 17, Fourier's: no note says it.
  for (const std::int64_t workspace : {kFormats + kMegabyte + 1, 10 * kFormats})
    EXPECT_EQ(reason({.workspace = workspace}, kOurFloat32), kTaken) << workspace;
}

TEST(CudnnConv2dChoice, EachOperandCountsByItsGroups) {
  Conv2dProblem p = layer3();
  p.groups = 4;
  const std::int64_t most = kFormats - kW * 3 / 4 + kMegabyte;
  EXPECT_EQ(reason({.workspace = most}, kOurFloat32, p), kAllProducts);
  EXPECT_EQ(reason({.workspace = most + 1}, kOurFloat32, p), kTaken);
}

TEST(CudnnConv2dChoice, ANoteTellsFewerProductsWhateverTheWorkspace) {
  // Engines 3 and 50, Winograd's.
  for (const std::int64_t workspace : {std::int64_t{0}, kW, kFormats})
    EXPECT_EQ(reason({.workspace = workspace, .transforms = true}, kOurFloat32), kTaken) << workspace;
}

TEST(CudnnConv2dChoice, TensorCoresAreTakenWhereOursTakeIt) {
  for (const DType dtype : {kBFloat16, kFloat16, kFloat32}) {  // float32 with allow_tf32, where both of ours take it
    const OwnConv2d own{.tensor_core = true, .float32 = dtype == kFloat32};
    for (const std::int64_t workspace : {std::int64_t{0}, 10 * kFormats}) {
      EXPECT_EQ(reason({.workspace = workspace, .tensor_cores = true}, own, layer3(dtype)), kTaken) << name(dtype);
      EXPECT_EQ(reason({.workspace = workspace, .transforms = true}, own, layer3(dtype)), kNoTensorCore) << name(dtype);
    }
  }
  EXPECT_EQ(reason({.workspace = 0}, kOurTensorCore, layer3(kBFloat16)), kNoTensorCore);
}

TEST(CudnnConv2dChoice, WhatNoneOfOursTakesIsNeverLeft) {
  for (const DType dtype : {kBFloat16, kFloat16, kFloat32}) {
    EXPECT_EQ(reason({.workspace = 0}, kNone, layer3(dtype)), kTaken) << name(dtype);
    EXPECT_EQ(reason({.workspace = 10 * kFormats, .tensor_cores = true}, kNone, layer3(dtype)), kTaken) << name(dtype);
  }
}

}  // namespace
}  // namespace cresset::test
