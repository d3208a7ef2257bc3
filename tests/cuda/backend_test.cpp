// The CUDA backend's host side: memory, streams, events, copies, waiting.
#include <cresset/dispatch.h>
#include <cresset/extension/pointwise.h>
#include <cresset/extension/registry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cuda/cuda_test.h"
#include "support/message.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::HasSubstr;

class Cuda : public CudaTest {};

TEST_F(Cuda, SaysWhetherItIsSimulated) {
  const auto properties = cuda::get_device_properties();
  EXPECT_EQ(std::string(properties.name).find("simulated") != std::string::npos, cuda::is_simulated());
  EXPECT_GE(properties.major, 7);
  EXPECT_EQ(properties.warp_size, 32);
  EXPECT_GT(properties.multiprocessors, 0);
  EXPECT_GT(properties.total_memory, 0);
}

TEST_F(Cuda, CountsMemory) {
  const auto before = cuda::memory_stats();
  {
    const Tensor x = empty({1000}, {.device = kCuda});
    const auto with = cuda::memory_stats();
    EXPECT_EQ(with.allocated, before.allocated + 4000);
    EXPECT_EQ(with.allocations, before.allocations + 1);
    EXPECT_GE(with.peak_allocated, with.allocated);
  }
  EXPECT_EQ(cuda::memory_stats().allocated, before.allocated);
  cuda::reset_peak_memory_stats();
  EXPECT_EQ(cuda::memory_stats().peak_allocated, before.allocated);
  cuda::empty_cache();
  EXPECT_GE(cuda::memory_stats().reserved, 0);
}

TEST_F(Cuda, GoesOnAfterOutOfMemory) {
  const auto before = cuda::memory_stats().allocated;
  const Tensor x = ones({100}, {.device = kCuda});
  cuda::set_memory_limit(before + 1000);
  try {
    x + zeros({200}, {.device = kCuda});
    ADD_FAILURE() << "no error";
  } catch (const OutOfMemoryError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cuda:0: cannot allocate 800 bytes"));
    EXPECT_THAT(error.what(), HasSubstr(std::to_string(before + 400)));
  }
  EXPECT_EQ((x + x).sum().item(), 200);
  cuda::set_memory_limit(0);
  EXPECT_THROW(empty({std::int64_t{1} << 50}, {.device = kCuda}), OutOfMemoryError);
  EXPECT_EQ((x + x).sum().item(), 200);
  EXPECT_EQ(cuda::memory_stats().allocated, before + 400);
  EXPECT_THROW(cuda::set_memory_limit(-1), ValueError);
}

TEST_F(Cuda, SendsWithoutWaiting) {
  const Tensor x = arange(5000).to(kFloat32);
  const auto before = cuda::synchronization_count();
  const Tensor there = x.to(kCuda);
  x.fill_(-1);  // the bytes are on their way already
  const Tensor same = x.pin_memory().to(ToOptions{.device = kCuda, .non_blocking = true});
  EXPECT_EQ(cuda::synchronization_count(), before);
  EXPECT_EQ(there[4999].item(), 4999);
  EXPECT_EQ(same[17].item(), -1);
  EXPECT_EQ(cuda::synchronization_count(), before + 2);
}

TEST_F(Cuda, FetchesWithoutWaiting) {
  const Tensor there = arange(100, {.device = kCuda});
  const auto before = cuda::synchronization_count();
  const Tensor here = (there * 2).to(ToOptions{.device = Device("cpu"), .non_blocking = true});
  EXPECT_TRUE(here.is_pinned());
  EXPECT_EQ(cuda::synchronization_count(), before);
  cuda::current_stream().synchronize();
  EXPECT_EQ(here[99].item(), 198);
}

TEST_F(Cuda, AnElementWiseStepDoesNotWait) {
  const Tensor w = ones({64}, {.device = kCuda, .requires_grad = true});
  const Tensor x = arange(64, {.dtype = kFloat32, .device = kCuda});
  const auto before = cuda::synchronization_count();
  for (int step = 0; step < 3; ++step) {
    w.set_grad({});
    ((w * x).relu() + 1).mean().backward();
    NoGradGuard no_grad;
    w.sub_(w.grad() * 0.5);
  }
  EXPECT_EQ(cuda::synchronization_count(), before);
  EXPECT_EQ(w.detach()[0].item(), 1);
}

TEST_F(Cuda, StreamsAreOrderedByEvents) {
  const cuda::Stream side;
  Tensor x = zeros({4096}, {.device = kCuda});
  for (int i = 0; i < 5; ++i) {
    x = x + 1;
    const cuda::Event ready = cuda::current_stream().record_event();
    side.wait_event(ready);
    {
      const cuda::StreamGuard guard(side);
      cuda::record_stream(x, side);
      x = x * 2;
    }
    cuda::current_stream().wait_stream(side);
    cuda::record_stream(x, cuda::current_stream());
  }
  EXPECT_EQ(x.sum().item(), 4096 * 62);
  cuda::synchronize();
  EXPECT_TRUE(side.query());
}

TEST_F(Cuda, EventsMeasure) {
  const cuda::Event first({.enable_timing = true}), second({.enable_timing = true});
  first.record();
  const Tensor x = ones({100}, {.device = kCuda}) + 1;
  second.record();
  second.synchronize();
  EXPECT_GE(first.elapsed_ms(second), 0);
}

TEST_F(Cuda, DrawsTheNumbersOfTheCpu) {
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16}) {
    for (const bool normal : {false, true}) {
      const auto make = [&](const Device& device) {
        manual_seed(11);
        const RandomOptions options{.dtype = dtype, .device = device};
        return normal ? randn({1001}, options) : rand({1001}, options);
      };
      EXPECT_TRUE(make(kCuda).cpu().equal(make("cpu"))) << name(dtype) << normal;
    }
  }
  struct Range {
    DType dtype;
    std::int64_t low, high;
  };
  for (const auto& [dtype, low, high] :
       {Range{kInt64, -3, 10}, Range{kInt64, -3, std::int64_t{1} << 40}, Range{kInt32, -3, 10},
        Range{kInt32, -3, std::int64_t{1} << 31}, Range{kUInt8, 0, 256}, Range{kFloat32, -3, 10}}) {
    const auto make = [&, dtype = dtype, low = low, high = high](const Device& device) {
      manual_seed(5);
      return randint(low, high, {501}, {.dtype = dtype, .device = device});
    };
    EXPECT_TRUE(make(kCuda).cpu().equal(make("cpu"))) << name(dtype) << high;
  }
  const auto mask = [](const Device& device) {
    manual_seed(6);
    return zeros({1003}, {.device = device}).bernoulli_(0.3).cpu();
  };
  EXPECT_TRUE(mask(kCuda).equal(mask("cpu")));
}

TEST_F(Cuda, EveryWayOfWaitingThrowsWhatKernelsReported) {
  const Tensor x = randn({2, 5}).to(kCuda), label = full({2}, 7, {.dtype = kInt64, .device = kCuda});
  cuda::synchronize();
  const auto report = [&] { static_cast<void>(F::cross_entropy(x, label)); };
  const auto message = [](auto wait) { return message_of<IndexError>(wait); };
  const auto expected = HasSubstr("cross_entropy: Target 7 is out of bounds");
  report();
  EXPECT_THAT(message([] { cuda::synchronize(); }), expected);
  report();
  EXPECT_THAT(message([] { cuda::current_stream().synchronize(); }), expected);
  report();
  EXPECT_THAT(message([&] { x.sum().item(); }), expected);
  report();
  const cuda::Event event = cuda::current_stream().record_event();
  EXPECT_THAT(message([&] { event.synchronize(); }), expected);
  event.synchronize();  // once only
  // Of any stream.
  const cuda::Stream side;
  side.wait_stream(cuda::current_stream());
  cuda::Event reported;
  {
    const cuda::StreamGuard guard(side);
    report();
    reported = side.record_event();
  }
  EXPECT_THAT(message([&] { reported.synchronize(); }), expected);
  cuda::synchronize();
}

TEST_F(Cuda, ChecksOfElementsDoNotWait) {
  const Tensor p = full({500}, 0.25, {.device = kCuda}), exponent = full({500}, 2, {.dtype = kInt64, .device = kCuda});
  manual_seed(8);
  const Tensor expected = bernoulli(full({500}, 0.25));
  const auto before = cuda::synchronization_count();
  manual_seed(8);
  const Tensor mask = bernoulli(p), powers = pow(exponent + 1, exponent);
  p[7] = 1.5;
  static_cast<void>(bernoulli(p));
  EXPECT_EQ(cuda::synchronization_count(), before);
  EXPECT_EQ(message_of<ValueError>([] { cuda::synchronize(); }), "bernoulli: expects each probability to be in [0, 1]");
  EXPECT_TRUE(mask.cpu().equal(expected));
  EXPECT_EQ(powers.sum().item(), 4500);
  for (const double wrong : {-0.5, std::numeric_limits<double>::quiet_NaN()}) {
    p[7] = wrong;
    static_cast<void>(bernoulli(p));
    EXPECT_THROW(cuda::synchronize(), ValueError) << wrong;
  }
  exponent[499] = -1;
  for (const DType dtype : {kInt64, kInt32}) {
    static_cast<void>(pow(exponent.to(dtype), exponent.to(dtype)));
    EXPECT_EQ(message_of<ValueError>([] { cuda::synchronize(); }),
              "pow: Integers to negative integer powers are not allowed.");
  }
  const Tensor bytes = full({3}, 200, {.dtype = kUInt8, .device = kCuda});
  static_cast<void>(pow(bytes, bytes));
  cuda::synchronize();
  for (const DType dtype : {kFloat64, kFloat16, kBFloat16}) {
    static_cast<void>(bernoulli(full({5}, 1, {.dtype = dtype, .device = kCuda})));
    cuda::synchronize();
    static_cast<void>(bernoulli(full({5}, 1.5, {.dtype = dtype, .device = kCuda})));
    EXPECT_THROW(cuda::synchronize(), ValueError) << name(dtype);
  }
}

TEST_F(Cuda, CopiesOverlapWithWork) {
  // The next batch is sent on a stream of its own while the current one is worked on.
  const cuda::Stream copies;
  const auto before = cuda::synchronization_count();
  Tensor sum = zeros({1000}, {.device = kCuda});
  Tensor next;
  cuda::Event arrived;
  const auto send = [&](int value) {
    const cuda::StreamGuard guard(copies);
    next = full({1000}, value, {.dtype = kFloat32}).pin_memory().to(ToOptions{.device = kCuda, .non_blocking = true});
    arrived = copies.record_event();
  };
  send(0);
  for (int i = 1; i <= 5; ++i) {
    cuda::current_stream().wait_event(arrived);
    const Tensor now = next;
    cuda::record_stream(now, cuda::current_stream());
    send(i);
    sum = sum + now * now;
  }
  EXPECT_EQ(cuda::synchronization_count(), before);
  EXPECT_EQ(sum.sum().item(), 1000 * (1 + 4 + 9 + 16));
}

struct Refuser {
  static Refusal refuses(const UnaryProblem&, const Context& context) {
    return Refusal("takes compute capability 99.0, the device has {}.{}", context.sm / 10, context.sm % 10);
  }
  static void run(const UnaryProblem&, const Context&, const void*, void*) {}
};

TEST_F(Cuda, AForcedKernelThatRefusesSaysWhy) {
  register_kernel<Unary>(DeviceType::cuda, {"refuser", Refuser::refuses, Refuser::run});
  const Tensor x = ones({4}, {.device = kCuda});
  {
    const ForceKernelGuard guard("unary=refuser");
    EXPECT_THAT(message_of<UnsupportedError>([&] { static_cast<void>(x.exp()); }),
                HasSubstr("takes compute capability 99.0, the device has "));
  }
  {
    const ForceKernelGuard guard("unary=refuser", Forcing::prefer);
    EXPECT_EQ(x.relu().sum().item(), 4);
  }
  EXPECT_THROW(
      {
        const ForceKernelGuard guard("unary=no_such_kernel");
        static_cast<void>(x.exp());
      },
      Error);
}

}  // namespace
}  // namespace cresset::test
