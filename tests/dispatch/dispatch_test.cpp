// Choosing kernels: order, refusals, forcing, snapshots, errors of the registry. With slots of the tests' own, so that
// the library's lists stay as they are.
#include <cresset/autograd.h>
#include <cresset/cuda.h>
#include <cresset/dispatch.h>
#include <cresset/extension/registry.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <thread>

#include "support/message.h"

namespace cresset::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Problem {
  std::int64_t size;
};
// A slot that writes the number of the kernel that ran.
struct Numbered {
  static constexpr std::string_view name = "test_numbered.forward";
  using Problem = test::Problem;
  using Run = void(const Problem&, const Context&, int* number);
};

struct Growing {
  static constexpr std::string_view name = "test_growing";
  using Problem = test::Problem;
  using Run = void(const Problem&, const Context&, int* number);
};

Refusal small_only(const Problem& p, const Context&) {
  return p.size > 10 ? Refusal("takes at most {} elements, got {}", 10, p.size) : Refusal{};
}
Refusal even_only(const Problem& p, const Context&) { return p.size % 2 ? Refusal("must be even") : Refusal{}; }
Refusal deterministic_only(const Problem&, const Context& context) {
  return context.allow_nondeterministic ? Refusal{} : Refusal("is not deterministic");
}
template <int kNumber>
void run_numbered(const Problem&, const Context&, int* number) {
  *number = kNumber;
}

void register_once() {
  static const bool done = [] {
    register_kernel<Numbered>(DeviceType::cpu, {"small", small_only, run_numbered<1>});
    register_kernel<Numbered>(DeviceType::cpu, {"even", even_only, run_numbered<2>});
    register_kernel<Numbered>(DeviceType::cpu, {"chance", deterministic_only, run_numbered<3>}, "small");
    return true;
  }();
  static_cast<void>(done);
}

int chosen(std::int64_t size) {
  register_once();
  int number = 0;
  run<Numbered>(DeviceType::cpu, {size}, &number);
  return number;
}

TEST(Dispatch, TakesTheFirstThatDoesNotRefuse) {
  EXPECT_EQ(chosen(10), 1);
  EXPECT_EQ(chosen(12), 2);
  EXPECT_EQ(message_of([] { chosen(13); }),
            "test_numbered.forward: no cpu kernel takes this problem\n  chance refused: is not deterministic\n  small "
            "refused: takes at most 10 elements, got 13\n  even refused: must be even");
}

TEST(Dispatch, NonDeterministicKernelsMustBeAllowed) {
  allow_nondeterministic(true);
  EXPECT_TRUE(current_context().allow_nondeterministic);
  EXPECT_EQ(chosen(10), 3);
  allow_nondeterministic(false);
  EXPECT_EQ(chosen(10), 1);
}

TEST(Dispatch, ListsKernelsInOrder) {
  register_once();
  std::vector<std::string> names;
  for (const KernelInfo& kernel : list_kernels())
    if (kernel.slot == Numbered::name) names.push_back(kernel.name);
  EXPECT_THAT(names, ElementsAre("chance", "small", "even"));
  chosen(4);
  for (const KernelInfo& kernel : list_kernels())
    if (kernel.slot == Numbered::name && kernel.name == "small") {
      EXPECT_TRUE(kernel.ran);
    }
}

TEST(Forcing, RequiresOneKernel) {
  register_once();
  for (const char* text : {"test_numbered=even", "test_numbered.forward=even", "*=even", "test_numbered=small,*=even",
                           "conv2d=reference,test_numbered=even"}) {
    const ForceKernelGuard force(text);
    EXPECT_EQ(chosen(10), 2) << text;
    EXPECT_EQ(message_of([] { chosen(9); }),
              "test_numbered.forward: no cpu kernel takes this problem\n  even refused: must be even");
  }
  EXPECT_EQ(chosen(10), 1);
}

TEST(Forcing, PrefersOneKernel) {
  register_once();
  const ForceKernelGuard force("test_numbered=even", Forcing::prefer);
  EXPECT_EQ(chosen(8), 2);
  EXPECT_EQ(chosen(9), 1);
}

TEST(Forcing, TheInnerGuardWins) {
  register_once();
  const ForceKernelGuard outer("test_numbered=even");
  {
    const ForceKernelGuard inner("test_numbered=small");
    EXPECT_EQ(chosen(8), 1);
  }
  EXPECT_EQ(chosen(8), 2);
}

TEST(Forcing, AKernelThatIsNotThereIsAnErrorWhereItsOpIsNamed) {
  register_once();
  {
    const ForceKernelGuard force("test_numbered=cudnn");
    EXPECT_EQ(message_of([] { chosen(8); }), "test_numbered.forward: has no cpu kernel named 'cudnn'");
  }
  const ForceKernelGuard force("*=cudnn");
  EXPECT_EQ(chosen(8), 1);
}

TEST(Forcing, AnEntryReadsOpEqualsKernel) {
  for (const char* text : {"conv2d", "=reference", "conv2d=", "conv2d=reference,,"})
    EXPECT_THAT(message_of([&] { ForceKernelGuard force(text); }), HasSubstr("force: an entry reads op=kernel, got '"))
        << text;
  ForceKernelGuard nothing("");
}

TEST(Forcing, ReachesTheBackward) {
  // grad_input of a convolution is another slot of the same op.
  const Tensor x = rand({1, 2, 5, 5}).requires_grad_(), w = rand({3, 2, 3, 3}).requires_grad_();
  const ForceKernelGuard force("conv2d=nobody");
  EXPECT_THAT(message_of([&] { nn::functional::conv2d(x, w); }),
              HasSubstr("conv2d.forward: has no cpu kernel named 'nobody'"));
  Tensor y;
  {
    const ForceKernelGuard forward("conv2d.forward=reference");
    y = nn::functional::conv2d(x, w);
  }
  EXPECT_THAT(message_of([&] { y.sum().backward(); }), HasSubstr("has no cpu kernel named 'nobody'"));
}

TEST(Forcing, StaysOnItsThreadAndASnapshotTakesItAlong) {
  register_once();
  const ForceKernelGuard force("test_numbered=even");
  const DispatchSnapshot here;
  int without = 0, with = 0, after = 0;
  std::thread([&] {
    without = chosen(8);
    {
      const auto guard = here.enter();
      with = chosen(8);
    }
    after = chosen(8);
  }).join();
  EXPECT_EQ(without, 1);
  EXPECT_EQ(with, 2);
  EXPECT_EQ(after, 1);
  EXPECT_EQ(chosen(8), 2);
}

TEST(Registry, RefusesWhatWouldBeAmbiguous) {
  register_once();
  const Kernel<Numbered> again{"even", even_only, run_numbered<4>}, fresh{"fresh", nullptr, run_numbered<4>},
      nameless{"", nullptr, run_numbered<4>}, hollow{"hollow", nullptr, nullptr};
  EXPECT_EQ(message_of([&] { register_kernel<Numbered>(DeviceType::cpu, again); }),
            "register_kernel: test_numbered.forward has a kernel named 'even' already");
  EXPECT_EQ(message_of([&] { register_kernel<Numbered>(DeviceType::cpu, fresh, "nobody"); }),
            "register_kernel: test_numbered.forward has no kernel named 'nobody' to stand before");
  for (const auto* kernel : {&nameless, &hollow})
    EXPECT_EQ(message_of([&] { register_kernel<Numbered>(DeviceType::cpu, *kernel); }),
              "register_kernel: a kernel of test_numbered.forward needs a name and a function");
  EXPECT_EQ(chosen(8), 1);
}

TEST(Registry, AListMayGrowWhileOthersChoose) {
  register_kernel<Growing>(DeviceType::cpu, {"last", nullptr, run_numbered<0>});
  bool all_zero = true;
  std::thread reader([&] {
    for (int i = 0; i < 2000; ++i) {
      int number = -1;
      run<Growing>(DeviceType::cpu, {1}, &number);
      all_zero &= number == 0;
    }
  });
  static constexpr const char* kNames[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  for (const char* name : kNames)
    register_kernel<Growing>(DeviceType::cpu,
                             {name, [](const Problem&, const Context&) { return Refusal("never"); }, run_numbered<1>},
                             "last");
  reader.join();
  EXPECT_TRUE(all_zero);
}

// What a kernel of an outside project throws, by the size of its problem.
struct Throwing {
  static constexpr std::string_view name = "test_throwing.forward";
  using Problem = test::Problem;
  using Run = void(const Problem&, const Context&);
};
void run_throwing(const Problem& p, const Context&) {
  if (p.size == 0) throw ValueError("is empty");
  if (p.size == 1) throw std::bad_alloc();
  if (p.size == 2) throw std::runtime_error("is not for two");
  throw p.size;
}

TEST(OutsideKernels, WhatTheyThrowIsTypedAndNamesThem) {
  register_kernel<Throwing>(DeviceType::cpu, {"thrower", nullptr, run_throwing});
  const auto throwing = [](std::int64_t size) { run<Throwing>(DeviceType::cpu, {size}); };
  const std::string where = "\nin test_throwing.forward, kernel 'thrower'";
  EXPECT_THROW(throwing(0), ValueError);
  EXPECT_EQ(message_of([&] { throwing(0); }), "is empty" + where);
  EXPECT_THROW(throwing(1), OutOfMemoryError);
  EXPECT_EQ(message_of([&] { throwing(1); }), "there is no memory left" + where);
  EXPECT_THROW(throwing(2), BackendError);
  EXPECT_EQ(message_of([&] { throwing(2); }), "is not for two" + where);
  EXPECT_THROW(throwing(3), BackendError);
  EXPECT_EQ(message_of([&] { throwing(3); }), "something that is no std::exception was thrown" + where);
}

TEST(OutsideKernels, WaitForADeviceThatIsNotThere) {
  if (cuda::is_available()) GTEST_SKIP() << "this machine has a CUDA device";
  register_kernel<Growing>(DeviceType::cuda, {"device", nullptr, run_numbered<1>}, "native");
  int number = 0;
  EXPECT_THROW(run<Growing>(DeviceType::cuda, {1}, &number), DeviceError);
}

TEST(Refusals, SayTheirFigures) {
  EXPECT_FALSE(Refusal{});
  EXPECT_EQ(Refusal{}.str(), "");
  EXPECT_EQ(Refusal("{} of {} in {} by {}", 1, std::int64_t{2}, 3, 4).str(), "1 of 2 in 3 by 4");
}

TEST(Settings, AWorkspaceLimitIsNotNegative) {
  const std::int64_t before = current_context().workspace_limit;
  set_workspace_limit(123);
  EXPECT_EQ(current_context().workspace_limit, 123);
  EXPECT_EQ(message_of([] { set_workspace_limit(-1); }), "set_workspace_limit: must not be negative, got -1");
  set_workspace_limit(before);
  allow_tf32(true);
  EXPECT_TRUE(current_context().allow_tf32);
  allow_tf32(false);
}

// Logging is decided once in a process: a fresh one prints.
TEST(LoggingDeathTest, PrintsChoicesAndReasons) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        setenv("CRESSET_LOG", "dispatch", 1);
        chosen(12);
        std::_Exit(0);
      },
      testing::ExitedWithCode(0),
      "cresset dispatch: test_numbered.forward on cpu: even\n  chance refused: is not deterministic\n  small refused: "
      "takes at most 10 elements, got 12");
}

}  // namespace
}  // namespace cresset::test
