// What cuDNN's kernels of the slots `unary` and `binary` say of every function, type and layout is their policy and,
// where that asks cuDNN, what cuDNN says of the graph. Without CRESSET_FULL=1 few graphs are asked for, on an H100.
#include <cresset/cresset.h>
#include <cresset/extension/pointwise.h>
#include <gmock/gmock.h>

#include "backend/cuda/cudnn/card.h"
#include "backend/cuda/cudnn/library.h"
#include "backend/cuda/cudnn/pointwise_graph.h"
#include "cuda/compiled_plans.h"

namespace cresset::test {
namespace {

using namespace cuda::backend::cudnn;
using testing::HasSubstr;

constexpr DType kTypes[] = {kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32, kUInt8, kBool};

template <int kOperands>
StridedLoop<kOperands> dense(std::int64_t n) {
  StridedLoop<kOperands> loop{};
  loop.dims = 1;
  loop.sizes[0] = n;
  for (auto& strides : loop.strides) strides[0] = 1;
  return loop;
}

UnaryProblem unary(UnaryOp op, DType dtype, std::int64_t n) { return {op, dtype, {}, dense<2>(n)}; }
BinaryProblem binary(BinaryOp op, DType dtype, std::int64_t n) {
  return {.op = op, .dtype = dtype, .loop = dense<3>(n)};
}

bool is_activation(const UnaryProblem& p) { return p.op >= UnaryOp::sigmoid && p.op <= UnaryOp::gelu_tanh; }
bool is_activation(const BinaryProblem& p) { return p.op >= BinaryOp::sigmoid_backward; }

class CudnnPointwisePlan : public testing::Test {
 protected:
  void SetUp() override {
    if (!library().missing.empty()) GTEST_SKIP() << library().missing;
    if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
  }
  static const Context& context() { return detail::context_of_device(Device(DeviceType::cuda)); }

  static std::string said(const UnaryProblem& p) { return refusal_of<Unary>("unary", &p, context()).str(); }
  static std::string said(const BinaryProblem& p) { return refusal_of<Binary>("binary", &p, context()).str(); }
  static bool has_plan(const UnaryProblem& p, int sm) {
    return plan_of(build_activation, &p, {.card = &card_descriptor(sm)}) != nullptr;
  }
  static bool has_plan(const BinaryProblem& p, int sm) {
    return plan_of(build_activation_backward, &p, {.card = &card_descriptor(sm)}) != nullptr;
  }

  template <class Problem>
  void walk(const Problem& p) {
    const std::string what = std::to_string(static_cast<int>(p.op)) + " " + std::string(name(p.dtype));
    if (!is_activation(p)) {
      EXPECT_THAT(said(p), HasSubstr("relu, sigmoid, tanh and gelu alone")) << what;
    } else if (!has_data_type(p.dtype)) {
      EXPECT_THAT(said(p), HasSubstr("float32, float16 and bfloat16 alone")) << what;
    } else if (is_full() || p.dtype == kFloat32) {
      EXPECT_EQ(said(p), "") << what;
      EXPECT_TRUE(has_plan(p, context().sm)) << what;
      for (const Card& card : known_cards())
        if (is_full() && card.sm >= 80) {
          EXPECT_TRUE(has_plan(p, card.sm)) << what << " on " << card.name;
        }
    }
  }
};

TEST_F(CudnnPointwisePlan, OfEveryFunctionIsWhatRefusesSays) {
  for (const DType dtype : kTypes) {
    for (int op = 0; op <= static_cast<int>(UnaryOp::pow); ++op) walk(unary(static_cast<UnaryOp>(op), dtype, 21));
    for (int op = 0; op <= static_cast<int>(BinaryOp::gelu_tanh_backward); ++op)
      walk(binary(static_cast<BinaryOp>(op), dtype, 21));
  }
}

TEST_F(CudnnPointwisePlan, IsMadeForAnyNumberOfElements) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  const int sm = context().sm;
  UnaryProblem single = unary(UnaryOp::relu, kFloat32, 1);
  single.loop.dims = 0;
  EXPECT_EQ(said(single), "");
  for (const std::int64_t n : {std::int64_t{70001}, kMost - 1})
    EXPECT_TRUE(has_plan(unary(UnaryOp::relu, kFloat32, n), sm)) << n;
  EXPECT_TRUE(has_plan(binary(BinaryOp::tanh_backward, kFloat32, 70001), sm));
  const UnaryProblem too_large = unary(UnaryOp::relu, kFloat32, kMost);
  EXPECT_EQ(said(too_large), has_plan(too_large, sm) ? "" : "cuDNN has no engine for it");
}

TEST_F(CudnnPointwisePlan, IsMadeForDenseTensorsAlone) {
  const std::string dense_alone = "cuDNN is given dense operands alone, all in one order";
  for (const int operand : {0, 1}) {
    UnaryProblem p = unary(UnaryOp::relu, kFloat32, 21);
    p.loop.strides[operand][0] = 2;
    EXPECT_EQ(said(p), dense_alone);
  }
  UnaryProblem rows = unary(UnaryOp::tanh, kFloat32, 21);
  rows.loop.dims = 2;
  EXPECT_EQ(said(rows), dense_alone);
  for (const int operand : {0, 1, 2}) {
    BinaryProblem p = binary(BinaryOp::gelu_backward, kFloat32, 21);
    p.loop.strides[operand][0] = 0;
    EXPECT_EQ(said(p), dense_alone);
  }
  EXPECT_EQ(said(unary(UnaryOp::gelu, kFloat32, 0)), "cuDNN takes no tensor without elements");
  EXPECT_EQ(said(binary(BinaryOp::relu_backward, kFloat32, 0)), "cuDNN takes no tensor without elements");
  const std::string number = "cuDNN is given tensors alone, and an operand is a number";
  BinaryProblem left = binary(BinaryOp::relu_backward, kFloat32, 21), right = left;
  left.a_on_host = right.b_on_host = true;
  EXPECT_EQ(said(left), number);
  EXPECT_EQ(said(right), number);
}

}  // namespace
}  // namespace cresset::test
