// Tensors on a device, on the fake one: what the core does without any CUDA.
#include <cresset/cresset.h>
#include <cresset/cuda.h>
#include <cresset/extension.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/fake_device.h"
#include "support/message.h"

namespace cresset::test {
namespace {

using testing::HasSubstr;

const Device kCuda(DeviceType::cuda);

class OnDevice : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool done = (use_fake_device(), true);
    static_cast<void>(done);
  }
  void SetUp() override { before_ = autograd::live_counts(); }
  void TearDown() override {
    const auto after = autograd::live_counts();
    EXPECT_EQ(after.storage_bytes, before_.storage_bytes);
    EXPECT_EQ(fake_counts().live_blocks, 0);
    EXPECT_EQ(fake_counts().pinned_blocks, 0);
  }
  autograd::LiveCounts before_{};
};

TEST_F(OnDevice, ThereAreTwo) {
  EXPECT_TRUE(cuda::is_available());
  EXPECT_FALSE(cuda::is_simulated());
  EXPECT_EQ(cuda::unavailable_reason(), "");
  EXPECT_EQ(cuda::device_count(), 2);
  EXPECT_STREQ(cuda::get_device_properties("cuda:1").name, "fake 1");
  EXPECT_EQ(message_of<DeviceError>([] { zeros({2}, {.device = "cuda:2"}); }),
            "cuda:2: there is no such device; 2 can be used");
  EXPECT_EQ(message_of<DeviceError>([] { cuda::synchronize("cpu"); }), "cpu is no CUDA device");
}

TEST_F(OnDevice, TravelsThereAndBackInEveryLayout) {
  const Tensor x = arange(24).view({2, 3, 4}).to(kFloat32);
  for (const Tensor& host : {x, x.transpose(0, 2), x.slice(2, 0, 4, 2), x.narrow(1, 1, 2), x.select(0, 1).t()}) {
    const Tensor there = host.to(kCuda);
    EXPECT_EQ(there.device(), kCuda);
    EXPECT_EQ(there.strides(), host.clone().strides());
    EXPECT_TRUE(there.cpu().equal(host));
    EXPECT_TRUE(there.to(kInt64).cpu().equal(host.to(kInt64)));
    EXPECT_TRUE(host.to(kCuda, kFloat64).cpu().equal(host.to(kFloat64)));
    EXPECT_TRUE(host.to(kUInt8).to(kCuda, kFloat32).cpu().equal(host));
    EXPECT_TRUE(there.to(Device("cpu"), kInt32).equal(host.to(kInt32)));
  }
  EXPECT_TRUE(x.to(kCuda).to("cuda:1").cpu().equal(x));
}

TEST_F(OnDevice, WritesAcrossDevicesWithBroadcastAndConversion) {
  const Tensor there = zeros({3, 4}, {.device = kCuda});
  there.copy_(arange(4));
  EXPECT_TRUE(there.cpu().equal(arange(4).to(kFloat32).expand({3, 4})));
  there.t().copy_(ones({4, 3}) * 2);
  EXPECT_EQ(there.sum().item(), 24);
  const Tensor here = zeros({3, 8});
  here.slice(1, 0, 8, 2).copy_(there);
  EXPECT_EQ(here.sum().item(), 24);
  here.copy_(arange(8).to(kCuda));
  EXPECT_EQ(here.sum().item(), 84);
  there[0] = 5;
  EXPECT_EQ(there.sum().item(), 36);
  there[0] = zeros({4});
  EXPECT_EQ(there.sum().item(), 16);
  EXPECT_EQ(there.index({Slice(1, 3), 2}).cpu().sum().item(), 4);
}

TEST_F(OnDevice, IsMadeThere) {
  const TensorOptions there{.device = kCuda};
  EXPECT_EQ(zeros({2, 2}, there).str(), "tensor([[0., 0.],\n        [0., 0.]], device='cuda:0')");
  EXPECT_TRUE(ones({3}, there).cpu().equal(ones({3})));
  EXPECT_TRUE(full({3}, 7, there).cpu().equal(full({3}, 7)));
  EXPECT_TRUE(arange(5, there).cpu().equal(arange(5)));
  EXPECT_TRUE(linspace(0, 1, 5, there).cpu().equal(linspace(0, 1, 5)));
  EXPECT_TRUE(eye(3, {}, there).cpu().equal(eye(3)));
  EXPECT_TRUE(tensor({{1, 2}, {3, 4}}, there).cpu().equal(tensor({{1, 2}, {3, 4}})));
  EXPECT_EQ(empty({0, 3}, there).device(), kCuda);
  EXPECT_EQ(zeros_like(ones({2}, there)).device(), kCuda);
  for (const auto make :
       {+[](const RandomOptions& o) { return rand({7}, o); }, +[](const RandomOptions& o) { return randn({7}, o); },
        +[](const RandomOptions& o) { return randint(100, {7}, o); },
        +[](const RandomOptions& o) { return randperm(7, o); }}) {
    manual_seed(3);
    const Tensor here = make({});
    manual_seed(3);
    EXPECT_TRUE(make({.device = kCuda}).cpu().equal(here));
  }
}

TEST_F(OnDevice, ReadsOneElement) {
  EXPECT_EQ(full({}, 2.5, {.device = kCuda}).item(), 2.5);
  EXPECT_EQ(arange(3, {.device = kCuda})[2].item<std::int64_t>(), 2);
  EXPECT_TRUE(ones({2}, {.device = kCuda}).equal(ones({2}, {.device = kCuda})));
  EXPECT_TRUE(ones({2}, {.device = kCuda}).allclose(ones({2}, {.device = kCuda})));
}

TEST_F(OnDevice, TakesNumbersFromTheHost) {
  const Tensor x = ones({2, 3}, {.device = kCuda, .requires_grad = true});
  const Tensor number = tensor(3.0F, {.requires_grad = true});
  const Tensor y = number * x + number;
  EXPECT_EQ(y.device(), kCuda);
  y.sum().backward();
  EXPECT_EQ(x.grad().cpu().sum().item(), 18);
  EXPECT_TRUE(number.grad().device().is_cpu());
  EXPECT_EQ(number.grad().item(), 12);
  EXPECT_EQ(where(x.detach() > 0, tensor(2.0F), tensor(3.0F)).sum().item(), 12);
  EXPECT_EQ(where(tensor(false), x.detach(), tensor(3.0F)).sum().item(), 18);
  EXPECT_EQ((tensor(1) + x.detach()).dtype(), kFloat32);
  x.detach().add_(tensor(1.0F));
  EXPECT_EQ(x.detach().sum().item(), 12);
}

TEST_F(OnDevice, RefusesTwoDevicesInOneOp) {
  const Tensor here = ones({2, 2}), there = ones({2, 2}, {.device = kCuda}), other = ones({2, 2}, {.device = "cuda:1"});
  const auto expected = [](const std::string& op, const std::string& a, const std::string& b) {
    return op + ": expected all tensors to be on the same device, but found " + a + " and " + b;
  };
  EXPECT_EQ(message_of<DeviceError>([&] { here + there; }), expected("add", "cpu", "cuda:0"));
  EXPECT_EQ(message_of<DeviceError>([&] { there* other; }), expected("mul", "cuda:0", "cuda:1"));
  EXPECT_EQ(message_of<DeviceError>([&] { there.add_(here); }), expected("add_", "cuda:0", "cpu"));
  EXPECT_EQ(message_of<DeviceError>([&] { tensor(1.0F).add_(there.sum()); }), expected("add_", "cpu", "cuda:0"));
  EXPECT_EQ(message_of<DeviceError>([&] { matmul(here, there); }), expected("matmul", "cpu", "cuda:0"));
  EXPECT_EQ(message_of<DeviceError>([&] { cat({here, there}); }), expected("cat", "cpu", "cuda:0"));
  EXPECT_EQ(message_of<DeviceError>([&] { where(there > 0, there, here); }), expected("where", "cuda:0", "cpu"));
  EXPECT_EQ(message_of<DeviceError>([&] { equal(here, there); }), expected("equal", "cpu", "cuda:0"));
  EXPECT_EQ(message_of<DeviceError>([&] { nn::functional::linear(there, here); }), expected("linear", "cuda:0", "cpu"));
  EXPECT_EQ(message_of<DeviceError>([&] { nn::functional::batch_norm(there, zeros({2}), ones({2})); }),
            expected("batch_norm", "cuda:0", "cpu"));
}

TEST_F(OnDevice, SaysWhichOpHasNoKernel) {
  EXPECT_EQ(message_of<UnsupportedError>([] {
              ones({2, 2}, {.device = kCuda}).softmax(1);
            }),
            "softmax.forward: has no cuda kernel");
}

TEST_F(OnDevice, PinsAndCopiesWithoutWaiting) {
  const Tensor x = arange(6).to(kFloat32);
  const Tensor pinned = x.pin_memory();
  EXPECT_TRUE(pinned.is_pinned());
  EXPECT_FALSE(x.is_pinned());
  EXPECT_TRUE(pinned.pin_memory().is_same(pinned));
  EXPECT_TRUE(pinned.equal(x));
  const auto before = fake_counts();
  const Tensor there = pinned.to(ToOptions{.device = kCuda, .non_blocking = true});
  const Tensor back = there.to(ToOptions{.device = Device("cpu"), .non_blocking = true});
  EXPECT_EQ(fake_counts().copies, before.copies + 2);
  EXPECT_EQ(fake_counts().blocking_copies, before.blocking_copies);
  EXPECT_TRUE(back.is_pinned());
  EXPECT_TRUE(back.equal(x));
  EXPECT_EQ(message_of<DeviceError>([&] { there.pin_memory(); }),
            "pin_memory: only tensors on the CPU can be pinned, this one is on cuda:0");
}

TEST_F(OnDevice, GradientsFlowAcrossDevices) {
  const Tensor x = ones({3}, {.requires_grad = true});
  (x.to(kCuda) * 2).cpu().sum().backward();
  EXPECT_TRUE(x.grad().device().is_cpu());
  EXPECT_TRUE(x.grad().equal(full({3}, 2.0)));
}

struct Net : nn::Module {
  nn::Linear fc_1{4, 3}, fc_2{3, 2};
  CRESSET_MODULE(fc_1, fc_2)
  Tensor forward(const Tensor& x) override { return fc_2(nn::functional::relu(fc_1(x))); }
};

TEST_F(OnDevice, TrainsAsOnTheCpu) {
  manual_seed(1);
  Net here;
  Net there = here;
  there = here.clone();
  there.to(kCuda);
  EXPECT_EQ(there.fc_1.weight.device(), kCuda);
  optim::SGD opt_here{here.parameters(), {.lr = 0.1, .momentum = 0.9}};
  optim::SGD opt_there{there.parameters(), {.lr = 0.1, .momentum = 0.9}};
  const Tensor x = randn({5, 4});
  for (int step = 0; step < 3; ++step) {
    opt_here.zero_grad();
    square(here(x)).mean().backward();
    opt_here.step();
    opt_there.zero_grad();
    square(there(x.to(kCuda))).mean().backward();
    opt_there.step();
  }
  for (const auto& [name, value] : there.state_dict()) EXPECT_TRUE(value.cpu().equal(*here.state_dict().find(name)));
  const std::string path = testing::TempDir() + "/device.safetensors";
  save(there.state_dict(), path);
  Net loaded;
  loaded.load_state_dict(load(path, {.device = kCuda}));
  EXPECT_TRUE(loaded(x).equal(here(x)));
}

TEST_F(OnDevice, GoesOnAfterOutOfMemory) {
  set_fake_memory(1000);
  const Tensor x = ones({100}, {.device = kCuda});
  EXPECT_EQ(message_of<OutOfMemoryError>([&] { x + zeros({200}, {.device = kCuda}); }),
            "cuda:0: cannot allocate 800 bytes: 400 are held, the limit is 1000");
  EXPECT_EQ(cuda::memory_stats().allocated, 400);
  EXPECT_EQ((x + x).sum().item(), 200);
  set_fake_memory(0);
}

struct StreamSeen {
  static constexpr std::string_view name = "test_stream_seen";
  using Problem = int;
  using Run = void(const int&, const Context&, void** stream, int* device);
};

TEST_F(OnDevice, KernelsSeeTheCurrentStream) {
  register_kernel<StreamSeen>(DeviceType::cuda,
                              {"fake", nullptr, [](const int&, const Context& context, void** stream, int* device) {
                                 *stream = context.stream;
                                 *device = context.device + 100 * context.sm;
                               }});
  void* seen = nullptr;
  int device = 0;
  const cuda::Stream side("cuda:1");
  {
    const cuda::StreamGuard guard(side);
    run<StreamSeen>("cuda:1", 0, &seen, &device);
    EXPECT_EQ(seen, side.handle());
    EXPECT_EQ(device, 8001);
    EXPECT_EQ(cuda::current_stream("cuda:1"), side);
    run<StreamSeen>(kCuda, 0, &seen, &device);
    EXPECT_EQ(seen, cuda::default_stream().handle());
  }
  run<StreamSeen>("cuda:1", 0, &seen, &device);
  EXPECT_EQ(seen, cuda::default_stream("cuda:1").handle());
  const cuda::Event event = side.record_event();
  EXPECT_TRUE(event.query());
  EXPECT_EQ(message_of<DeviceError>([&] { event.record(cuda::default_stream()); }),
            "Event: was recorded on cuda:1 before and cannot be recorded on cuda:0");
  const cuda::Event timed({.enable_timing = true}), other({.enable_timing = true});
  const auto elapsed = [&](const cuda::Event& first) { return [&] { first.elapsed_ms(timed); }; };
  timed.record(side);
  const std::string unfit = "Event: both must be made with enable_timing and be recorded before a time can be taken";
  EXPECT_EQ(message_of<ValueError>(elapsed(event)), unfit);
  EXPECT_EQ(message_of<ValueError>(elapsed(other)), unfit);
  other.record(side);
  EXPECT_EQ(message_of<ValueError>(elapsed(other)), "(no error)");
  set_fake_busy(true);
  const std::string early = message_of<ValueError>(elapsed(other));
  set_fake_busy(false);
  EXPECT_EQ(early, "Event: both must be done before a time can be taken");
}

TEST_F(OnDevice, RefusesWhatDoesNotFit) {
  EXPECT_EQ(message_of<ValueError>([] { cuda::set_memory_limit(-1); }),
            "set_memory_limit: must not be negative, got -1");
  EXPECT_EQ(message_of<DeviceError>([] { cuda::record_stream(ones({2}), cuda::default_stream()); }),
            "record_stream: the tensor is on cpu, the stream on cuda:0");
  EXPECT_EQ(message_of<DeviceError>([] { use_fake_device(); }),
            "use_device_functions: the backend was asked for already");
}

}  // namespace
}  // namespace cresset::test
