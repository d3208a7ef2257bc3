// softmax by cuDNN: operands at any address, graphs, what its tensor descriptors take.
#include <cresset/cudnn.h>
#include <cresset/dispatch.h>
#include <cresset/extension/softmax.h>
#include <gmock/gmock.h>

#include <limits>

#include "backend/cuda/cudnn/graph.h"
#include "backend/cuda/cudnn/library.h"
#include "core/check.h"
#include "cuda/collected_problems.h"
#include "cuda/cuda_test.h"
#include "support/message.h"
#include "support/subprocess.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::HasSubstr;
using namespace cuda::backend;

class CudnnSoftmax : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    if (IsSkipped()) return;
    if (!cudnn::library().missing.empty()) GTEST_SKIP() << cudnn::library().missing;
  }
};

// Its values and its gradient where that of the result is 0, 1, 2, …
std::vector<Tensor> both_directions(const Tensor& x, int dim, bool log) {
  const Tensor in = x.detach().requires_grad_(), y = log ? F::log_softmax(in, dim) : F::softmax(in, dim);
  const Tensor grad_y = arange(0, y.numel(), 1, {.dtype = x.dtype(), .device = x.device()}).view(y.shape());
  return {y.detach(), autograd::grad({y}, {in}, {.grad_outputs = {grad_y}})[0]};
}

TEST_F(CudnnSoftmax, OperandsMayLieAnywhere) {
  manual_seed(1);
  const Tensor x = randint(-3, 4, {3, 5, 4}).to(kFloat32);
  const Tensor room = empty({x.numel() + 1}, {.device = kCuda}), at = room.slice(0, 1, x.numel() + 1).view(x.shape());
  at.copy_(x);
  EXPECT_NE(reinterpret_cast<std::uintptr_t>(at.data_ptr()) % 16, 0u);
  for (const bool log : {false, true})
    for (const int dim : {0, 1, 2}) {
      const auto expected = both_directions(x, dim, log);
      const ForceKernelGuard force("softmax=cudnn");
      const auto got = both_directions(at, dim, log);
      for (std::size_t i = 0; i < 2; ++i)
        EXPECT_TRUE(allclose(got[i].cpu(), expected[i], 1e-4, 1e-5)) << log << dim << i;
      EXPECT_EQ(cuda::cudnn_engine(), "cudnnSoftmaxBackward");
    }
}

TEST_F(CudnnSoftmax, IsCaptured) {
  const ForceKernelGuard force("softmax=cudnn");
  const Tensor x = zeros({2, 3}, {.device = kCuda});
  F::softmax(x, 1);
  Tensor y;
  cuda::Graph graph;
  graph.capture([&] { y = F::softmax(x, 1); });
  x.copy_(arange(6.0).view({2, 3}));
  graph.replay();
  EXPECT_TRUE(allclose(y.cpu(), F::softmax(x.cpu(), 1)));
}

TEST_F(CudnnSoftmax, IsLogged) {
  const Outcome outcome = run_self({"--gtest_filter=CudnnSoftmax.OperandsMayLieAnywhere"}, {"CRESSET_LOG=dispatch"});
  EXPECT_THAT(outcome.output, HasSubstr("cresset dispatch: softmax.forward by cudnn: cudnnSoftmaxForward\n"));
}

Refusal refusal_of(const SoftmaxProblem& p) {
  const Context& context = detail::context_of_device(Device(DeviceType::cuda));
  for (const detail::AnyKernel* kernel : *detail::kernel_list("softmax.forward", DeviceType::cuda).order.load())
    if (kernel->name == "cudnn") return detail::ask<SoftmaxForward>(kernel->refuses, &p, context);
  return {"cudnn is not in the list"};
}

// What cuDNN says of its layout.
bool has_descriptor(const SoftmaxProblem& p) {
  const cudnn::Functions& call = cudnn::library().call;
  cudnnTensorDescriptor_t tensor = nullptr;
  EXPECT_EQ(call.create_tensor(&tensor), CUDNN_STATUS_SUCCESS);
  const int outer = static_cast<int>(p.outer), channels = static_cast<int>(p.C), inner = static_cast<int>(p.inner);
  const int sizes[] = {outer, channels, inner, 1};
  const int strides[] = {static_cast<int>(p.C * p.inner), inner, 1, 1};
  const bool taken = call.set_tensor(tensor, cudnn::data_type(p.dtype), 4, sizes, strides) == CUDNN_STATUS_SUCCESS;
  EXPECT_EQ(call.destroy_tensor(tensor), CUDNN_STATUS_SUCCESS);
  return taken;
}

TEST_F(CudnnSoftmax, RefusesWhatItsDescriptorsDo) {
  add_collectors<SoftmaxForward>();
  for (const char* op : {"softmax", "log_softmax", "cross_entropy"}) collect(op);
  auto problems = Collector<SoftmaxForward>::seen();
  EXPECT_GT(problems.size(), 10u);
  const std::int64_t most = std::numeric_limits<std::int32_t>::max();
  problems.push_back({kFloat32, false, 1, most, 1});
  problems.push_back({kFloat16, true, most / 7, 7, 1});
  problems.push_back({kBFloat16, true, 1 << 15, 1 << 8, 1 << 8});
  std::size_t refused = 0;
  for (const SoftmaxProblem& p : problems) {
    const Refusal refusal = refusal_of(p);
    EXPECT_EQ(!refusal, cudnn::has_data_type(p.dtype) && has_descriptor(p)) << refusal.str();
    if (refusal) ++refused;
  }
  EXPECT_GT(refused, 0u);
  EXPECT_LT(refused, problems.size());
  EXPECT_EQ(refusal_of({kFloat64, false, 2, 3, 1}).str(),
            "cuDNN is given float32, float16 and bfloat16 alone, dtype is 1");
  EXPECT_EQ(refusal_of({kFloat32, false, 0, 3, 1}).str(), "cuDNN takes no tensor without elements");
  EXPECT_EQ(refusal_of(problems.back()).str(), "cuDNN counts elements in 32 bits, and there are 2147483648");
}

}  // namespace
}  // namespace cresset::test
