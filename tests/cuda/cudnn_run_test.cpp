// Running cuDNN's plans: operands at any address, threads, graphs, limits, measured engines.
#include <cresset/cudnn.h>
#include <cresset/dispatch.h>
#include <gmock/gmock.h>

#include <thread>

#include "cuda/cuda_test.h"
#include "support/message.h"
#include "support/scratch_folder.h"
#include "support/subprocess.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::HasSubstr;
using testing::Not;

class CudnnRun : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    if (IsSkipped()) return;
    for (const cuda::LibraryInfo& library : cuda::libraries())
      if (library.name == "cuDNN" && !library.missing.empty()) GTEST_SKIP() << library.missing;
  }
};

Tensor whole(const Shape& shape, DType dtype = kFloat32) { return randint(-3, 4, shape).to(dtype); }

std::vector<Tensor> all_directions(const Tensor& x, const Tensor& w, const Tensor& b) {
  const Tensor in = x.detach().requires_grad_(), weight = w.detach().requires_grad_();
  const Tensor y = F::conv2d(in, weight, b, {.stride = 2, .padding = 1});
  auto all = autograd::grad({y}, {in, weight}, {.grad_outputs = {y.detach()}});
  all.push_back(y.detach());
  return all;
}

// Addresses that the element type allows and cuDNN does not.
TEST_F(CudnnRun, OperandsMayLieAnywhere) {
  manual_seed(1);
  for (const DType dtype : {kFloat32, kFloat16, kBFloat16}) {
    const Tensor x = whole({2, 3, 7, 6}, dtype), w = whole({4, 3, 3, 3}, dtype), b = whole({4}, dtype);
    const auto moved = [&](const Tensor& t) {
      const Tensor room = empty({t.numel() + 1}, {.dtype = dtype, .device = kCuda});
      const Tensor at = room.slice(0, 1, t.numel() + 1).view(t.shape());
      at.copy_(t);
      EXPECT_NE(reinterpret_cast<std::uintptr_t>(at.data_ptr()) % 16, 0u);
      return at;
    };
    const auto expected = all_directions(x, w, b);
    const ForceKernelGuard force("conv2d=cudnn");
    const auto got = all_directions(moved(x), moved(w), moved(b));
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(got[i].cpu().equal(expected[i])) << name(dtype) << i;
  }
}

// More elements than the op case table asks cuDNN for, in place too.
TEST_F(CudnnRun, ActivationsOfManyElements) {
  manual_seed(7);
  const Tensor x = whole({70001}), grad = whole({70001}), there = x.to(kCuda);
  const Tensor in = there.detach().requires_grad_();
  const Tensor expected = F::relu(x), expected_grad = (x > 0).to(kFloat32) * grad;
  const ForceKernelGuard force("unary=cudnn,binary=cudnn");
  const Tensor y = F::relu(in);
  EXPECT_TRUE(y.detach().cpu().equal(expected));
  const auto grads = autograd::grad({y}, {in}, {.grad_outputs = {grad.to(kCuda)}});
  EXPECT_TRUE(grads[0].cpu().equal(expected_grad));
  there.relu_();
  EXPECT_TRUE(there.cpu().equal(expected));
}

TEST_F(CudnnRun, SaysWhichEngineItWas) {
  const ForceKernelGuard force("conv2d=cudnn");
  F::conv2d(ones({1, 3, 6, 6}, {.device = kCuda}), ones({2, 3, 3, 3}, {.device = kCuda}));
  EXPECT_THAT(cuda::cudnn_engine(), testing::MatchesRegex("eng[0-9]+\\{[k0-9=,-]*\\}, workspace [0-9]+ bytes"));
  std::string elsewhere = "?";
  std::thread([&] { elsewhere = cuda::cudnn_engine(); }).join();
  EXPECT_EQ(elsewhere, "");
}

TEST_F(CudnnRun, LogsTheEngineOfEachCall) {
  const Outcome outcome = run_self({"--gtest_filter=CudnnRun.SaysWhichEngineItWas"}, {"CRESSET_LOG=dispatch"});
  EXPECT_THAT(outcome.output,
              testing::ContainsRegex("cresset dispatch: conv2d.forward by cudnn: eng[0-9]+\\{.*workspace"));
}

TEST_F(CudnnRun, ThreadsShareItsPlans) {
  manual_seed(2);
  const Tensor x = whole({2, 3, 9, 9}), w = whole({4, 3, 3, 3}), expected = F::conv2d(x, w);
  const Tensor there = x.to(kCuda), weight = w.to(kCuda);
  cuda::synchronize();  // they take streams of their own
  std::vector<std::thread> threads;
  std::vector<char> right(4, 0);
  for (char& ok : right)
    threads.emplace_back([&] {
      const cuda::StreamGuard guard{cuda::Stream()};
      const ForceKernelGuard force("conv2d=cudnn");
      ok = 1;
      for (int i = 0; i < 5; ++i) ok = ok && F::conv2d(there, weight).cpu().equal(expected);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, testing::Each(1));
}

TEST_F(CudnnRun, WaitsForNothingAndIsCaptured) {
  manual_seed(3);
  const ForceKernelGuard force("conv2d=cudnn");
  const Tensor x = zeros({1, 3, 8, 8}, {.device = kCuda}), w = whole({4, 3, 3, 3}), there = w.to(kCuda);
  F::conv2d(x, there);
  const auto before = cuda::synchronization_count();
  F::conv2d(x, there);
  EXPECT_EQ(cuda::synchronization_count(), before);
  Tensor y;
  cuda::Graph graph;
  graph.capture([&] { y = F::conv2d(x, there); });
  for (int i = 0; i < 2; ++i) {
    const Tensor now = whole({1, 3, 8, 8});
    x.copy_(now);
    graph.replay();
    EXPECT_TRUE(y.cpu().equal(F::conv2d(now.to(kCuda), there).cpu())) << i;
    EXPECT_NE(y.abs().sum().item(), 0);
  }
}

// relu(NaN) is NaN, fused or not.
TEST_F(CudnnRun, FusedReluKeepsNan) {
  const ForceKernelGuard force("conv2d_relu=cudnn");
  Tensor x = ones({1, 1, 2, 2});
  x.select(3, 0).fill_(std::nan(""));
  const Tensor y = F::conv2d_relu(x.to(kCuda), ones({1, 1, 1, 1}, {.device = kCuda}), zeros({1}, {.device = kCuda}));
  const Tensor back = y.cpu();
  EXPECT_TRUE((back != back).equal(x != x));
}

TEST_F(CudnnRun, RefusesWhatItDoesNotTake) {
  const ForceKernelGuard force("conv2d=cudnn");
  const auto message = [](const Shape& shape, DType dtype) {
    return message_of<UnsupportedError>([&] {
      F::conv2d(ones(shape, {.dtype = dtype, .device = kCuda}), ones({2, 3, 3, 3}, {.dtype = dtype, .device = kCuda}));
    });
  };
  EXPECT_THAT(message({1, 3, 6, 6}, kFloat64),
              HasSubstr("cudnn refused: cuDNN is given float32, float16 and bfloat16 alone"));
  EXPECT_THAT(message({0, 3, 6, 6}, kFloat32), HasSubstr("there are no images"));
}

class CudnnSearch : public CudnnRun {};

// Two problems with algorithms searched; says which engines ran.
TEST_F(CudnnSearch, DISABLED_Part) {
  cuda::search_algorithms(true);
  EXPECT_TRUE(cuda::searches_algorithms());
  manual_seed(4);
  const ForceKernelGuard force("conv2d=cudnn");
  for (const std::int64_t channels : {8, 32}) {
    const Tensor x = whole({2, channels, 9, 9}), w = whole({16, channels, 3, 3});
    EXPECT_TRUE(F::conv2d(x.to(kCuda), w.to(kCuda)).cpu().equal(F::conv2d(x, w)));
    std::printf("engine: %s\n", cuda::cudnn_engine().c_str());
  }
}

std::string engines(const std::string& output) {
  std::string found;
  for (std::size_t at = output.find("engine: "); at != std::string::npos; at = output.find("engine: ", at + 1))
    found += output.substr(at, output.find('\n', at) - at + 1);
  return found;
}

TEST_F(CudnnSearch, TheNextRunTakesTheSameEngines) {
  const ScratchFolder folder;
  const std::string file = folder / "choices.txt";
  const auto part = [&] {
    const Outcome outcome = run_self({"--gtest_also_run_disabled_tests", "--gtest_filter=CudnnSearch.DISABLED_Part"},
                                     {"CRESSET_CUDNN_CHOICES=" + file, "CRESSET_LOG=dispatch"});
    EXPECT_THAT(outcome.output, HasSubstr("[  PASSED  ] 1 test."));
    return outcome.output;
  };
  const std::string first = part();
  EXPECT_THAT(first, HasSubstr("cresset cudnn: conv2d.forward "));
  if (cuda::is_simulated()) {
    EXPECT_THAT(first, HasSubstr("a stand-in for a time, nothing was measured"));
  }
  const std::string text = read_text(file);
  EXPECT_THAT(text, HasSubstr("end 2\n"));
  const std::string second = part();
  EXPECT_THAT(second, Not(HasSubstr("cresset cudnn: ")));  // nothing was measured
  EXPECT_EQ(engines(second), engines(first));
  EXPECT_EQ(read_text(file), text);
  // It is the file that is followed: another of the engines that were measured.
  const std::size_t line = text.rfind("eng", text.rfind("end "));
  const std::string chosen = text.substr(line, text.find('\n', line) - line);
  std::string other;
  for (std::size_t at = first.find(": eng"); at != std::string::npos && other.empty();
       at = first.find(": eng", at + 1)) {
    const std::string one = first.substr(at + 2, first.find(": ", at + 2) - at - 2);
    const std::size_t problem = first.rfind("conv2d.forward ", at);
    if (one != chosen && one.find('\n') == std::string::npos &&
        text.find(first.substr(problem, at - problem) + "\t" + chosen) != std::string::npos)
      other = one;
  }
  ASSERT_NE(other, "") << first;
  std::string edited = text;
  edited.replace(line, chosen.size(), other);
  write_text(file, edited);
  EXPECT_THAT(engines(part()), HasSubstr(other));
}

}  // namespace
}  // namespace cresset::test
