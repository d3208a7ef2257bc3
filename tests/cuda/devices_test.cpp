// Several devices in one process. The test that has only one device runs itself again with two, where they are
// simulated.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cuda/cuda_test.h"
#include "support/message.h"
#include "support/subprocess.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::HasSubstr;
using testing::Not;

const Device kSecond(DeviceType::cuda, 1);

class CudaDevices : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    if (!IsSkipped() && cuda::device_count() < 2) GTEST_SKIP() << "one device";
  }
};

TEST_F(CudaTest, SeveralDevicesAreSimulated) {
  if (!cuda::is_simulated() || cuda::device_count() != 1) GTEST_SKIP() << "no simulator with one device";
  const Outcome outcome = run_self({"--gtest_filter=CudaDevices.*"}, {"CRESSET_SIM_DEVICES=2"});
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, Not(HasSubstr("SKIPPED")));
  EXPECT_THAT(outcome.output, Not(HasSubstr("[  PASSED  ] 0 tests")));
  EXPECT_THAT(outcome.output, Not(HasSubstr("cudasim:")));
}

TEST_F(CudaDevices, CopyBetweenEachOther) {
  const Tensor x = arange(1000, {.device = kCuda});
  const Tensor y = (x * 2).to(kSecond);
  EXPECT_EQ(y.device(), kSecond);
  EXPECT_EQ((y + 1)[999].item(), 1999);
  const Tensor back = zeros({1000}, {.device = kCuda});
  back.copy_(y.to(kFloat64));
  EXPECT_EQ(back.sum().item(), 999000);
  const Tensor w = ones({3}, {.device = kCuda, .requires_grad = true});
  (w.to(kSecond) * 3).sum().backward();
  EXPECT_EQ(w.grad().device(), kCuda);
  EXPECT_EQ(w.grad().sum().item(), 9);
}

TEST_F(CudaDevices, TrainAtOnce) {
  const auto losses = [](const std::vector<Device>& devices) {
    std::vector<models::CifarNet> nets(devices.size());
    std::vector<optim::SGD> optimizers;
    manual_seed(4);
    for (std::size_t i = 0; i < devices.size(); ++i) {
      manual_seed(4);
      nets[i] = models::CifarNet();
      nets[i].to(devices[i]);
      optimizers.emplace_back(nets[i].parameters(), optim::SGDOptions{.lr = 0.01, .momentum = 0.9});
    }
    const Tensor x = randn({2, 3, 32, 32}), labels = arange(2);
    std::vector<std::vector<Tensor>> all(devices.size());
    for (int step = 0; step < 2; ++step)
      for (std::size_t i = 0; i < devices.size(); ++i) {
        optimizers[i].zero_grad();
        const Tensor loss = F::cross_entropy(nets[i](x.to(devices[i])), labels.to(devices[i]));
        loss.backward();
        optimizers[i].step();
        EXPECT_EQ(loss.device(), devices[i]);
        all[i].push_back(loss.detach());
      }
    std::vector<double> numbers;
    for (const auto& of_device : all)
      for (const Tensor& loss : of_device) numbers.push_back(loss.item());
    return numbers;
  };
  const auto both = losses({kCuda, kSecond});
  ASSERT_EQ(both.size(), 4U);
  EXPECT_EQ(both[0], both[2]);
  EXPECT_EQ(both[1], both[3]);
  EXPECT_NE(both[0], both[1]);
  const auto here = losses({Device("cpu")});
  EXPECT_NEAR(both[1], here[1], 2e-5);
}

TEST_F(CudaDevices, DoNotMixInOneOp) {
  const Tensor x = ones({2, 3}, {.device = kCuda}), y = ones({2, 3}, {.device = kSecond});
  const auto both = HasSubstr("expected all tensors to be on the same device, but found cuda:0 and cuda:1");
  EXPECT_THAT(message_of<DeviceError>([&] { x + y; }), both);
  EXPECT_THAT(message_of<DeviceError>([&] { matmul(x, y.t()); }), both);
  EXPECT_THAT(message_of<DeviceError>([&] { F::linear(x, y); }), both);
  EXPECT_THAT(message_of<DeviceError>([&] { cat({x, y}); }), both);
  EXPECT_THAT(message_of<DeviceError>([&] { F::cross_entropy(x, zeros({2}, {.dtype = kInt64, .device = kSecond})); }),
              both);
  EXPECT_THROW(cuda::record_stream(x, cuda::default_stream(kSecond)), DeviceError);
  EXPECT_THROW(ones({1}, {.device = "cuda:2"}), DeviceError);
}

TEST_F(CudaDevices, HaveTheirOwnMemoryStreamsAndReports) {
  const auto before = cuda::memory_stats(kSecond);
  const Tensor x = ones({1000}, {.device = kSecond});
  EXPECT_EQ(cuda::memory_stats(kSecond).allocated, before.allocated + 4000);
  cuda::set_memory_limit(before.allocated + 5000, kSecond);
  EXPECT_THAT(message_of<OutOfMemoryError>([&] { zeros({500}, {.device = kSecond}); }),
              HasSubstr("cuda:1: cannot allocate 2000 bytes"));
  EXPECT_EQ(zeros({500}, {.device = kCuda}).sum().item(), 0);
  cuda::set_memory_limit(0, kSecond);
  const cuda::Stream side(kSecond);
  EXPECT_EQ(side.device(), kSecond);
  {
    const cuda::StreamGuard guard(side);
    side.wait_stream(cuda::default_stream(kSecond));
    EXPECT_EQ((x + 1).sum().item(), 2000);
    EXPECT_EQ(cuda::current_stream(kCuda), cuda::default_stream(kCuda));
  }
  F::cross_entropy(ones({1, 3}, {.device = kSecond}), full({1}, 4, {.dtype = kInt64, .device = kSecond}));
  cuda::synchronize(kCuda);
  EXPECT_THROW(cuda::synchronize(kSecond), IndexError);
}

TEST_F(CudaDevices, CaptureGraphsOfTheirOwn) {
  const Tensor x = ones({10}, {.device = kCuda}), y = ones({10}, {.device = kSecond});
  Tensor z, other;
  const cuda::Graph graph(kSecond);
  graph.capture([&] {
    z = y * 4;
    other = x * 3;  // not of the graph's device: runs at once
    EXPECT_EQ(other.sum().item(), 30);
    EXPECT_THAT(message_of<UnsupportedError>([&] { z.to(kCuda); }), HasSubstr("copying from cuda:1 to cuda:0"));
  });
  y.fill_(2);
  graph.replay();
  EXPECT_EQ(z.sum().item(), 80);
}

}  // namespace
}  // namespace cresset::test
