// The CUDA backend's host side: memory, streams, events, copies, waiting. Skipped where there is no device; in a build
// with CRESSET_CUDA=SIM it runs on the simulator.
#include <cresset/cresset.h>
#include <cresset/cuda.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cresset::test {
namespace {

using testing::HasSubstr;

const Device kCuda(DeviceType::cuda);

class Cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
    cuda::synchronize();
  }
};

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

TEST_F(Cuda, CopiesBetweenDevices) {
  if (cuda::device_count() < 2) GTEST_SKIP() << "one device";
  const Tensor x = arange(1000, {.device = kCuda});
  const Tensor y = (x * 2).to("cuda:1");
  EXPECT_EQ(y.device(), Device("cuda:1"));
  EXPECT_EQ((y + 1)[999].item(), 1999);
}

}  // namespace
}  // namespace cresset::test
