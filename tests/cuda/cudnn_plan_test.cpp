// Every graph that the op case table makes of cuDNN's: a real plan is finalised for cards that are not there. With
// CRESSET_FULL=1 for all that are described, else for the H100 alone.
#include <cresset/cresset.h>
#include <cresset/cudnn.h>
#include <cresset/extension/conv2d.h>
#include <cresset/extension/fused_relu.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "backend/cuda/cudnn/card.h"
#include "backend/cuda/cudnn/conv2d_graph.h"
#include "backend/cuda/cudnn/library.h"
#include "backend/cuda/cudnn/plan.h"
#include "core/check.h"
#include "cuda/collected_problems.h"

namespace cresset::test {
namespace {

using namespace cuda::backend::cudnn;
using testing::HasSubstr;

struct Question {
  std::string slot;
  Conv2dProblem problem;
  void (*build)(Graph& graph, const void* problem);
};

std::string describe(const Question& q) {
  const Conv2dProblem& p = q.problem;
  return fmt::format("{} {} {} x [{}, {}, {}, {}], w [{}, {}, {}, {}], stride {} {}, padding {} {}, dilation {} {}",
                     q.slot, name(p.dtype), p.format == MemoryFormat::channels_last ? "channels_last" : "contiguous",
                     p.N, p.C, p.H, p.W, p.K, p.C / p.groups, p.R, p.S, p.stride_h, p.stride_w, p.pad_top, p.pad_left,
                     p.dilation_h, p.dilation_w);
}

const std::vector<Question>& questions() {
  static const auto* const all = [] {
    add_collectors<Conv2dForward, Conv2dGradInput, Conv2dGradWeight>();
    collect("conv2d");
    auto* made = new std::vector<Question>;
    for (const Conv2dProblem& p : Collector<Conv2dForward>::seen()) {
      made->push_back({"conv2d.forward", p, build_conv2d_forward});
      if (p.bias) made->push_back({"conv2d_relu.forward", p, build_conv2d_relu_forward});
    }
    for (const Conv2dProblem& p : Collector<Conv2dGradInput>::seen())
      made->push_back({"conv2d.grad_input", p, build_conv2d_grad_input});
    for (const Conv2dProblem& p : Collector<Conv2dGradWeight>::seen())
      made->push_back({"conv2d.grad_weight", p, build_conv2d_grad_weight});
    return made;
  }();
  return *all;
}

// What `refuses` says before cuDNN is asked: the policy.
bool is_asked(const Conv2dProblem& p) { return has_data_type(p.dtype) && p.N > 0; }

struct Answered {
  std::shared_ptr<Plan> plan;
  std::string refusal;
};
Answered ask(const Question& q, const Target& target, Limits limits) {
  limits.float32 = q.problem.dtype == kFloat32;
  Refusal refusal;
  try {
    Graph graph;
    q.build(graph, &q.problem);
    auto plans = make_plans(graph, target, limits, 1, refusal);
    if (!plans.empty()) return {plans.front(), ""};
    return {nullptr, refusal.str()};
  } catch (const Failure& failure) {
    return {nullptr, failure.what()};
  }
}

const Limits kDefault{.workspace = Context{}.workspace_limit};

bool is_full() { return std::getenv("CRESSET_FULL") != nullptr; }

class CudnnPlan : public testing::Test {
 protected:
  void SetUp() override {
    if (!library().missing.empty()) GTEST_SKIP() << library().missing;
  }
};

TEST_F(CudnnPlan, IsThereForEveryConvolutionOfTheTable) {
  for (const Card& card : known_cards()) {
    if (!is_full() && card.sm != 90) continue;
    const auto begin = std::chrono::steady_clock::now();
    const Target target{.card = &card_descriptor(card.sm)};
    std::size_t planned = 0, policy = 0;
    for (const Question& q : questions()) {
      if (!is_asked(q.problem)) {
        ++policy;
        continue;
      }
      const Answered answered = ask(q, target, kDefault);
      // Before Ampere there is no arithmetic in bfloat16, and cuDNN has engines for a few of its problems all the same.
      if (card.sm >= 80 || q.problem.dtype != kBFloat16) {
        EXPECT_NE(answered.plan, nullptr) << card.name << ": " << describe(q) << ": " << answered.refusal;
      }
      planned += answered.plan != nullptr;
    }
    EXPECT_GT(planned, 100u);
    std::printf("%s: %zu plans, %zu problems that cuDNN is not asked about, %.1f s\n", card.name, planned, policy,
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
}

// The kernels in the lists say the same beforehand, on the device that is there.
TEST_F(CudnnPlan, IsWhatRefusesSays) {
  if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
  const Device device(DeviceType::cuda);
  const Context& context = detail::context_of_device(device);
  const Target target{.card = &card_descriptor(context.sm)};
  std::size_t left = 0;
  for (const Question& q : questions()) {
    const auto& order = *detail::kernel_list(q.slot, DeviceType::cuda).order.load();
    ASSERT_EQ(order.front()->name, "cudnn") << "is tried first";
    const auto asked = [&] { return detail::ask<Conv2dForward>(order.front()->refuses, &q.problem, context); };
    const Refusal unforced = asked();
    const ForceKernelGuard force("*=cudnn");
    const Refusal refusal = asked();
    EXPECT_EQ(!refusal, is_asked(q.problem) && ask(q, target, kDefault).plan != nullptr)
        << describe(q) << ": " << refusal.str();
    // Unforced it leaves more alone, where our own are faster.
    if (unforced.str() == refusal.str()) continue;
    EXPECT_FALSE(refusal) << describe(q) << ": " << refusal.str();
    EXPECT_THAT(unforced.str(), HasSubstr("our own kernel")) << describe(q);
    ++left;
  }
  EXPECT_GT(left, 0u);
}

std::vector<std::shared_ptr<Plan>> all_plans(const Question& q, const Target& target, const Limits& limits) {
  Graph graph;
  q.build(graph, &q.problem);
  Refusal refusal;
  return make_plans(graph, target, limits, 100, refusal);
}

TEST_F(CudnnPlan, KeepsTheLimits) {
  const Target target{.card = &card_descriptor(90)};
  Limits limits{.workspace = std::int64_t{1} << 40};
  std::size_t strict = 0, any = 0, largest = 0;
  for (std::size_t i = 0; i < questions().size(); i += 8) {
    const Question& q = questions()[i];
    if (q.problem.dtype != kFloat32 || !is_asked(q.problem)) continue;
    const auto few = all_plans(q, target, limits);
    strict += few.size();
    any += all_plans(q, target, {.tf32 = true, .nondeterministic = true, .workspace = limits.workspace}).size();
    std::set<std::string> names;
    for (const auto& plan : few) {
      EXPECT_TRUE(names.insert(plan->engine).second) << plan->engine << " twice";
      largest = std::max(largest, static_cast<std::size_t>(plan->workspace));
    }
    // Just enough for one of them, and not enough.
    for (const std::int64_t workspace : {few.front()->workspace, std::int64_t{0}}) {
      const Answered answered = ask(q, target, {.workspace = workspace});
      if (answered.plan) {
        EXPECT_LE(answered.plan->workspace, workspace) << describe(q);
      } else {
        EXPECT_THAT(answered.refusal, HasSubstr("workspace")) << describe(q);
      }
    }
  }
  EXPECT_GT(any, strict);  // more is allowed, more is found
  EXPECT_GT(largest, 0u);
  std::printf("float32: %zu plans, %zu with tf32 and engines that are not deterministic\n", strict, any);
}

// No user meets it when the kernel runs: dispatch says it beforehand, with the figures. cuDNN has an engine without a
// workspace for each problem of the table, so that only a limit below zero shows it.
TEST_F(CudnnPlan, AWorkspaceOverTheLimitIsARefusal) {
  if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
  Context context = detail::context_of_device(Device(DeviceType::cuda));
  context.workspace_limit = -1;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < questions().size(); i += 40) {
    const Question& q = questions()[i];
    if (!is_asked(q.problem)) continue;
    const auto& order = *detail::kernel_list(q.slot, DeviceType::cuda).order.load();
    const Refusal refusal = detail::ask<Conv2dForward>(order.front()->refuses, &q.problem, context);
    ++refused;
    EXPECT_THAT(refusal.str(), HasSubstr("workspace")) << describe(q);
  }
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace cresset::test
