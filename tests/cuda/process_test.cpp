// What needs a process of its own: a device that has failed, one with little memory, and the end of the process. The
// parts that run there are disabled tests of this program.
#include <cresset/extension/pointwise.h>
#include <cresset/extension/registry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "cuda/cuda_test.h"
#include "support/message.h"
#include "support/sanitizer.h"
#include "support/subprocess.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::HasSubstr;
using testing::Not;

class CudaProcess : public CudaTest {};

// A test of another name, or one that skips, is a failure too.
Outcome run_apart(const std::string& test, const std::vector<std::string>& environment = {}) {
  Outcome outcome =
      run_self({"--gtest_also_run_disabled_tests", "--gtest_filter=CudaProcess.DISABLED_" + test}, environment);
  EXPECT_THAT(outcome.output, HasSubstr("[  PASSED  ] 1 test."));
  return outcome;
}

TEST_F(CudaProcess, DISABLED_AKernelFaults) {
  const Tensor x = ones({100}, {.device = kCuda}), here = ones({100});
  // An address that is nobody's.
  CopyProblem copy{.from = kFloat32, .to = kFloat64, .loop = {}};
  copy.loop.dims = 1;
  copy.loop.sizes[0] = 100;
  copy.loop.strides[0][0] = copy.loop.strides[1][0] = 1;
  const auto failed = HasSubstr("cuda:0 cannot be used any more in this process");
  const std::string message = message_of<BackendError>([&] {
    run<Copy>(kCuda, copy, static_cast<const void*>(x.data_ptr()), reinterpret_cast<void*>(std::uintptr_t{4096}));
    cuda::synchronize();
  });
  EXPECT_THAT(message, failed);
  // It stays so, whatever is asked.
  EXPECT_THAT(message_of<BackendError>([&] { x + 1; }), failed);
  EXPECT_THAT(message_of<BackendError>([&] { x.cpu(); }), failed);
  EXPECT_THAT(message_of<BackendError>([&] { here.to(kCuda); }), failed);
  EXPECT_THAT(message_of<BackendError>([&] { x.sum().item(); }), failed);
  EXPECT_THAT(message_of<BackendError>([&] { cuda::Graph().capture([&] { x + 1; }); }), failed);
  EXPECT_EQ((here + 1).sum().item(), 200);  // and the process goes on
}
TEST_F(CudaProcess, AFaultingKernelIsATypedErrorThatStays) {
  if (kAddressSanitizer) GTEST_SKIP() << "AddressSanitizer itself ends a process that writes to a bad address";
  const Outcome outcome = run_apart("AKernelFaults");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
}

TEST_F(CudaProcess, DISABLED_MemoryRunsOut) {
  ASSERT_LT(cuda::get_device_properties().total_memory, 8 << 20);
  manual_seed(2);
  nn::Sequential net(nn::Conv2d(3, 16, 3, {.padding = 1}), nn::ReLU(), nn::Conv2d(16, 16, 3, {.padding = 1}),
                     nn::ReLU(), nn::Flatten(), nn::Linear(16 * 16 * 16, 10));
  net.to(kCuda);
  optim::SGD opt(net.parameters(), {.lr = 0.01, .momentum = 0.9});
  const auto step = [&](std::int64_t batch) {
    opt.zero_grad();
    const Tensor loss = F::cross_entropy(net(ones({batch, 3, 16, 16}, {.device = kCuda})),
                                         zeros({batch}, {.dtype = kInt64, .device = kCuda}));
    loss.backward();
    opt.step();
    return loss.item();
  };
  const double first = step(2);
  opt.zero_grad();
  const auto before = cuda::memory_stats();
  const auto live = autograd::live_counts();
  // Each ends somewhere else in the step.
  for (const std::int64_t batch : {100, 120, 150, 300, 2500}) {
    const std::string message = message_of<OutOfMemoryError>([&] { step(batch); });
    EXPECT_THAT(message, HasSubstr("cuda:0: cannot allocate ")) << batch;
    EXPECT_THAT(message, HasSubstr("bytes: the device has 6291456, of which ")) << batch;
    opt.zero_grad();
    cuda::synchronize();
    EXPECT_EQ(cuda::memory_stats().allocated, before.allocated) << batch;
    EXPECT_EQ(autograd::live_counts().tensors, live.tensors) << batch;
  }
  EXPECT_LT(step(2), first);
  cuda::empty_cache();
  EXPECT_THAT(message_of<OutOfMemoryError>([] { empty({4 << 20}, {.device = kCuda}); }),
              HasSubstr("cuda:0: cannot allocate 16777216 bytes: the device has 6291456"));
}
TEST_F(CudaProcess, GoesOnAfterOutOfMemoryInATrainingStep) {
  if (!cuda::is_simulated()) GTEST_SKIP() << "no device whose memory can be chosen";
  const Outcome outcome = run_apart("MemoryRunsOut", {"CRESSET_SIM_MEMORY=6291456"});
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, Not(HasSubstr("cudasim:")));
}

// Destroyed after the static tensors below: whether they have asked the backend for anything.
struct AtTheEnd {
  std::int64_t expected = 0;
  ~AtTheEnd() {
    if (cuda::memory_stats().allocated != expected) {
      std::fputs("static tensors gave memory back\n", stderr);
      ::_exit(3);
    }
    std::fputs("nothing was given back\n", stderr);
  }
};
TEST_F(CudaProcess, DISABLED_StaticTensorsStay) {
  static AtTheEnd end;
  static const Tensor x = ones({100}, {.device = kCuda});
  static Tensor y;
  static const cuda::Graph graph;
  static const cuda::Event event = cuda::current_stream().record_event();
  static const Tensor pinned = ones({100}).pin_memory();
  static models::CifarNet net;
  net.to(kCuda);
  static optim::Adam opt(net.parameters(), {});
  graph.capture([&] { y = F::dropout(x, 0.5) + 1; });
  graph.replay();
  EXPECT_GE(y.sum().item(), 100);
  end.expected = cuda::memory_stats().allocated;
}
TEST_F(CudaProcess, NothingCallsCudaAtTheEnd) {
  if (!cuda::is_simulated()) GTEST_SKIP() << "a driver that is unloaded cannot be asked";
  // What is not given back at the end is a leak to AddressSanitizer.
  const char* options = std::getenv("ASAN_OPTIONS");
  const Outcome outcome =
      run_apart("StaticTensorsStay", {std::string("ASAN_OPTIONS=") + (options ? options : "") + ":detect_leaks=0"});
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("nothing was given back"));
}

}  // namespace
}  // namespace cresset::test
