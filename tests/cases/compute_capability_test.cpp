// Matrix products and convolutions on simulated GPUs of several ages: which kernels there are, and that they are right.
// This process runs the table on the GPU that it was given.
#include <cresset/cuda.h>
#include <gtest/gtest.h>

#include "support/subprocess.h"

namespace cresset::test {
namespace {

class ComputeCapability : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
    if (!cuda::is_simulated()) GTEST_SKIP() << "the GPU is what it is";
  }
  template <class... Variables>
  static Outcome run(const std::string& cases, const Variables&... more) {
    return run_self({"--gtest_brief=1", "--gtest_filter=" + cases},
                    {"CRESSET_SIM_SM=" + std::to_string(GetParam()), more...});
  }
  // What the log says of the case's forward, where NVIDIA's libraries are not there.
  static std::string choice(const std::string& one_case, const std::string& slot) {
    const Outcome outcome =
        run("Case." + one_case + ".cuda", "CRESSET_LOG=dispatch", "CRESSET_CUDNN=off", "CRESSET_CUBLASLT=off");
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    const std::string start = "cresset dispatch: " + slot + " on cuda (simulated): ";
    const auto at = outcome.output.find(start);
    if (at == std::string::npos) return outcome.output;
    const auto from = at + start.size();
    return outcome.output.substr(from, outcome.output.find("cresset dispatch", from) - from);
  }
};

TEST_P(ComputeCapability, RunsTheTable) {
  const auto own = cuda::get_device_properties();
  if (GetParam() == own.major * 10 + own.minor) GTEST_SKIP() << "these are this process's own cases";
  const Outcome outcome = run("*.cuda");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("PASSED"), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("[  PASSED  ] 0 tests"), std::string::npos) << outcome.output;
}

TEST_P(ComputeCapability, TakesTensorCoresFrom80On) {
  for (const auto& [one_case, slot] :
       {std::pair{"matmul.chunks.bfloat16", "matmul"}, std::pair{"conv2d.chunks_last.float16", "conv2d.forward"}}) {
    const std::string chosen = choice(one_case, slot);
    EXPECT_EQ(chosen.substr(0, chosen.find('\n')), GetParam() >= 80 ? "tensor_core" : "native") << chosen;
    const std::string reason = "tensor_core refused: needs compute capability 8.0, the device has 7.5";
    EXPECT_EQ(chosen.find(reason) != std::string::npos, GetParam() == 75) << chosen;
  }
}

TEST_P(ComputeCapability, TakesDirectKernelsForFewChannels) {
  EXPECT_EQ(choice("conv2d.seed_first.float32", "conv2d.forward").substr(0, 6), "direct");
  EXPECT_EQ(choice("conv2d.depthwise.float32", "conv2d.forward").substr(0, 6), "direct");
}

INSTANTIATE_TEST_SUITE_P(Cuda, ComputeCapability, testing::Values(75, 80, 90), testing::PrintToStringParamName());

}  // namespace
}  // namespace cresset::test
