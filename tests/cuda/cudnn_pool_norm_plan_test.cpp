// As cudnn_plan_test.cpp, for pooling and batch normalisation: what `refuses` says is what cuDNN says of the graph.
// These plans are compiled when they are finalised, so that without CRESSET_FULL=1 only float32 is asked for, and
// beside the device that is there only the H100.
#include <cresset/cresset.h>
#include <cresset/extension/batch_norm.h>
#include <cresset/extension/pool2d.h>
#include <gtest/gtest.h>

#include <chrono>

#include "backend/cuda/cudnn/batch_norm_graph.h"
#include "backend/cuda/cudnn/card.h"
#include "backend/cuda/cudnn/library.h"
#include "backend/cuda/cudnn/pool2d_graph.h"
#include "cuda/collected_problems.h"
#include "cuda/compiled_plans.h"

namespace cresset::test {
namespace {

using namespace cuda::backend::cudnn;

bool is_whole(const Pool2dProblem& p) { return p.N * p.C * p.P * p.Q > 0; }
bool is_whole(const BatchNormProblem& p) { return p.N * p.C * p.L > 0; }

// Walks the problems of a slot both ways; `asked` is the policy.
template <class Slot, class Asked>
void walk(const std::string& op, const std::string& slot, void (*build)(Graph&, const void*), Asked asked) {
  collect(op);
  const Context& context = detail::context_of_device(Device(DeviceType::cuda));
  const Target target{.card = &card_descriptor(context.sm)};
  const auto begin = std::chrono::steady_clock::now();
  std::size_t planned = 0, refused = 0, policy = 0;
  for (const auto& p : Collector<Slot>::seen()) {
    if (!is_full() && p.dtype != kFloat32) continue;
    const bool is_asked = has_data_type(p.dtype) && is_whole(p) && asked(p);
    const Refusal refusal = refusal_of<Slot>(slot, &p, context);
    const bool expected = is_asked && plan_of(build, &p, target) != nullptr;
    EXPECT_EQ(!refusal, expected) << slot << ": " << refusal.str();
    for (const Card& card : known_cards())
      // From Ampere on: cuDNN compiles these plans for no older card.
      if (is_asked && card.sm >= 80 && card.sm != context.sm && (is_full() || card.sm == 90)) {
        EXPECT_EQ(plan_of(build, &p, {.card = &card_descriptor(card.sm)}) != nullptr, expected)
            << slot << " on " << card.name;
      }
    planned += expected;
    policy += !is_asked;
    refused += is_asked && !expected;
  }
  EXPECT_GT(planned, 0u) << slot;
  std::printf("%s: %zu plans, %zu refused by cuDNN, %zu not asked for, %.1f s\n", slot.c_str(), planned, refused,
              policy, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
}

class CudnnPoolNormPlan : public testing::Test {
 protected:
  void SetUp() override {
    if (!library().missing.empty()) GTEST_SKIP() << library().missing;
    if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
  }
};

TEST_F(CudnnPoolNormPlan, OfPoolingIsWhatRefusesSays) {
  add_collectors<MaxPool2dForward, MaxPool2dBackward, AvgPool2dForward, AvgPool2dBackward>();
  const auto max = [](const Pool2dProblem& p) { return !refuse_max_pool2d(p); };
  const auto average = [](const Pool2dProblem& p) { return !refuse_avg_pool2d_forward(p); };
  const auto average_grad = [](const Pool2dProblem& p) { return !refuse_avg_pool2d_backward(p); };
  walk<MaxPool2dForward>("max_pool2d", "max_pool2d.forward", build_max_pool2d_forward, max);
  walk<MaxPool2dBackward>("max_pool2d", "max_pool2d.backward", build_max_pool2d_backward, max);
  walk<AvgPool2dForward>("avg_pool2d", "avg_pool2d.forward", build_avg_pool2d_forward, average);
  walk<AvgPool2dBackward>("avg_pool2d", "avg_pool2d.backward", build_avg_pool2d_backward, average_grad);
}

// cuDNN has a plan for each of these, so that nothing but the policy keeps them from it.
TEST_F(CudnnPoolNormPlan, IsNotMadeForWhatADeviceGotWrong) {
  const Context& context = detail::context_of_device(Device(DeviceType::cuda));
  const Target target{.card = &card_descriptor(context.sm)};
  const Pool2dProblem contiguous{kFloat32, MemoryFormat::contiguous, 2, 4, 6, 6, 3, 3, 2, 2, 2, 2};
  Pool2dProblem last = contiguous, bfloat16 = contiguous;
  last.format = bfloat16.format = MemoryFormat::channels_last;
  bfloat16.dtype = kBFloat16;
  const auto said = [&]<class Slot>(const Pool2dProblem& p) {
    return refusal_of<Slot>(std::string(Slot::name), &p, context).str();
  };
  const std::string places = "cuDNN does not tell where the maxima are in contiguous tensors, only in channels_last";
  EXPECT_EQ(said.operator()<MaxPool2dForward>(contiguous), places);
  EXPECT_EQ(said.operator()<MaxPool2dBackward>(contiguous), places);
  EXPECT_NE(plan_of(build_max_pool2d_forward, &contiguous, target), nullptr);
  EXPECT_EQ(said.operator()<AvgPool2dBackward>(contiguous),
            "cuDNN wants x and y for the gradient of contiguous tensors, and they are not kept; channels_last does "
            "without");
  EXPECT_NE(plan_of(build_avg_pool2d_backward, &contiguous, target), nullptr);
  EXPECT_EQ(said.operator()<AvgPool2dForward>(bfloat16), "cuDNN 9.14 averages bfloat16 wrongly");
  EXPECT_NE(plan_of(build_avg_pool2d_forward, &bfloat16, target), nullptr);
  for (const Pool2dProblem& p : {last, contiguous}) EXPECT_EQ(said.operator()<AvgPool2dForward>(p), "");
  EXPECT_EQ(said.operator()<MaxPool2dForward>(last), "");
  EXPECT_EQ(said.operator()<MaxPool2dBackward>(last), "");
  EXPECT_EQ(said.operator()<AvgPool2dBackward>(last), "");
  EXPECT_EQ(said.operator()<AvgPool2dBackward>(bfloat16), "");
}

TEST_F(CudnnPoolNormPlan, OfBatchNormIsWhatRefusesSays) {
  add_collectors<BatchNormForward, BatchNormInference, BatchNormBackward>();
  const auto several = [](const BatchNormProblem& p) { return p.N * p.L > 1; };
  const auto any = [](const BatchNormProblem&) { return true; };
  const auto training = [](const BatchNormBackward::Problem& p) { return p.training; };
  walk<BatchNormForward>("batch_norm", "batch_norm.forward", build_batch_norm_forward, several);
  walk<BatchNormForward>("batch_norm", "batch_norm_relu.forward", build_batch_norm_relu_forward, several);
  walk<BatchNormInference>("batch_norm", "batch_norm.inference", build_batch_norm_inference, any);
  walk<BatchNormInference>("batch_norm", "batch_norm_relu.inference", build_batch_norm_relu_inference, any);
  walk<BatchNormBackward>("batch_norm", "batch_norm.backward", build_batch_norm_backward, training);
}

}  // namespace
}  // namespace cresset::test
