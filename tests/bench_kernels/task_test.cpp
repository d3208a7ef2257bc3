// Tasks and their exact values, and the two stopwatches as far as they can be tried without a measurement.
#include "bench_kernels/task.h"

#include <cresset/creation.h>
#include <cresset/cuda.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "bench_kernels/accuracy_check.h"
#include "bench_kernels/stopwatches.h"

namespace cresset::program::bench {
namespace {

const Candidate& kernel(const Task& task, const std::string& name) {
  for (const Candidate& c : task.candidates)
    if (c.kernel == name) return c;
  throw std::runtime_error("no kernel " + name);
}

class Tasks : public testing::TestWithParam<Problem> {};

TEST_P(Tasks, AgreeWithTheReferenceInFloat64) {
  for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
    const Workload workload(GetParam(), kFloat64, format, DeviceType::cpu);
    for (const char* direction : {"forward", "grad_input", "grad_weight"}) {
      const Task task = workload.task(direction);
      const Deviation d = deviation_of(task, kernel(task, "reference"));
      EXPECT_EQ(d.elements, task.output.numel());
      EXPECT_LT(d.largest, 1e-14) << direction;
      EXPECT_FALSE(d.wrong());
      EXPECT_DOUBLE_EQ(task.flops, 2 * GetParam().multiply_adds());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Tasks,
                         testing::Values(Problem{"t", "plain", Convolution{2, 3, 7, 6, 4, 3, 2}},
                                         Problem{"t", "strided", Convolution{2, 4, 9, 9, 6, 3, 3, 2, 1, 2}},
                                         Problem{"t", "depthwise", Convolution{1, 5, 6, 6, 5, 3, 3, 1, 1, 5}},
                                         Problem{"t", "linear", Linear{3, 7, 5}}),
                         [](const auto& of) { return of.param.layer; });

TEST(Deviation, IsWrongWhereElementsAreMissingOrOff) {
  const Workload workload({"t", "l", Convolution{1, 2, 5, 5, 3, 3, 3}}, kFloat32, kContiguous, DeviceType::cpu);
  const Task task = workload.task("forward");
  const Deviation none = deviation_of(task, {"none", "", [] {}});
  EXPECT_FALSE(none.complete);
  EXPECT_TRUE(none.wrong());
  const Deviation off = deviation_of(task, {"off", "", [&] {
                                              kernel(task, "reference").run();
                                              task.output += 0.01;
                                            }});
  EXPECT_TRUE(off.complete);
  EXPECT_TRUE(off.wrong());
}

TEST(Deviation, LooksAtFewElementsOfLargeOutputs) {
  const Workload workload({"t", "l", Linear{100, 100, 100}}, kFloat32, kContiguous, DeviceType::cpu);
  const Task task = workload.task("forward");
  EXPECT_EQ(deviation_of(task, task.candidates.front(), 1e5).elements, 1000);
  EXPECT_EQ(deviation_of(task, task.candidates.front(), 1).elements, 16);
}

TEST(Deviation, MayBeAsLargeAsRounding) {
  EXPECT_GT(rounding_bound(kBFloat16, 100), rounding_bound(kFloat16, 100));
  EXPECT_GT(rounding_bound(kFloat32, 10000), rounding_bound(kFloat32, 100));
  EXPECT_LT(rounding_bound(kFloat64, 1e6), 1e-10);
}

TEST(Networks, HaveSizesThatFit) {
  std::set<std::string> names;
  for (const Network& network : networks()) {
    EXPECT_TRUE(names.insert(network.name).second) << network.name;
    std::set<std::string> layers;
    for (const Problem& p : network.problems) {
      EXPECT_TRUE(layers.insert(p.layer).second) << network.name << "/" << p.layer;
      EXPECT_GT(p.multiply_adds(), 0);
      if (const auto* c = std::get_if<Convolution>(&p.sizes)) {
        EXPECT_GT(c->P(), 0);
        EXPECT_EQ(c->C % c->groups, 0);
      }
    }
    EXPECT_FALSE(network.problems.front().input_gradient);
  }
  EXPECT_THAT(names, testing::IsSupersetOf({"alexnet", "vgg16", "resnet18", "resnet50", "airbench94", "mobilenet"}));
}

// Known from the papers and torchvision: multiply-adds of one image.
TEST(Networks, HaveTheWorkOfTheirPapers) {
  const auto layer = [](const std::string& name) { return with_batch(problems_named(name).at(0), 1).multiply_adds(); };
  EXPECT_DOUBLE_EQ(layer("resnet18/layer1"), 56.0 * 56 * 64 * 64 * 9);
  EXPECT_DOUBLE_EQ(layer("resnet50/conv1"), 112.0 * 112 * 64 * 3 * 49);
  EXPECT_DOUBLE_EQ(layer("vgg16/fc6"), 25088.0 * 4096);
  EXPECT_DOUBLE_EQ(layer("mobilenet/depthwise2"), 56.0 * 56 * 64 * 9);
}

TEST(Stopwatch, GivesTimesOfCalls) {
  const auto stopwatch = cpu_stopwatch();
  int calls = 0;
  for (const Sampler& sampler : {stopwatch->warm([&] { ++calls; }), stopwatch->cold([&] { ++calls; })}) {
    const int before = calls;
    const Sample sample = sampler();
    EXPECT_GE(sample.seconds, 0);
    EXPECT_GE(sample.spent, sample.seconds);
    EXPECT_GT(calls, before);
  }
  EXPECT_GT(calls, 1000) << "a batch of very short calls";
}

// That its events, batches and flushes run; what it says of a simulated device means nothing.
TEST(Stopwatch, RunsOnACudaDevice) {
  if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
  const Device device = DeviceType::cuda;
  const auto stopwatch = cuda_stopwatch(device);
  const Tensor x = zeros({4}, {.device = device});
  for (const Sampler& sampler : {stopwatch->warm([&] { x += 1; }), stopwatch->cold([&] { x += 1; })}) {
    const double before = x[0].item();
    const Sample sample = sampler();
    EXPECT_TRUE(std::isfinite(sample.seconds) && sample.seconds >= 0);
    EXPECT_GE(sample.spent, 0);
    EXPECT_GE(x[0].item(), before + 1);
  }
}

}  // namespace
}  // namespace cresset::program::bench
