// The optimisers' steps: PyTorch's trajectories, and the vector code against the plain kernels at every target that
// this machine can run.
#include "backend/cpu/optimizer_kernels.h"

#include <cresset/threads.h>

#include <memory>

#include "kernel_testing.h"

namespace cresset::cpu {
namespace {

// PyTorch 2.15, float64: parameters {1, -2, 0.5, 3, -0.25} after five steps with the gradients of gradient(). lr is 0.1
// for SGD, 0.05 for Adam.
struct SgdCase {
  SgdProblem p;
  double after[5];
};
constexpr SgdCase kSgd[] = {
    {{kFloat64, 0.1, 0, 0, 0, false, false},
     {0.8499999999999999, -1.8499999999999999, 0.38999999999999996, 3.1, -0.25}},
    {{kFloat64, 0.1, 0.9, 0, 0, false, false}, {0.6829689999999998, -1.605677, 0.3047178, 3.2466100000000004, -0.25}},
    {{kFloat64, 0.1, 0.9, 0.3, 0.05, false, false},
     {0.7155319271733116, -1.5865724057284976, 0.335548366359531, 3.1359785683294428, -0.23708038767901554}},
    {{kFloat64, 0.1, 0.9, 0, 0.05, true, false},
     {0.4882008148123532, -1.3404017342592753, 0.17567116788324344, 3.0645021940015402, -0.22938755419560236}},
    {{kFloat64, 0.1, 0.5, 0, 0, false, true}, {1.2193749999999999, -2.241875, 0.648375, 2.8687499999999995, -0.25}},
};
struct AdamCase {
  AdamProblem p;
  double after[5];
};
constexpr AdamCase kAdam[] = {
    {{kFloat64, 0.05, 0.9, 0.999, 1e-8, 0, false, false, false},
     {0.757458465868005, -1.7500000083333336, 0.2753312272033186, 3.0717472609144667, -0.25}},
    {{kFloat64, 0.05, 0.8, 0.95, 1e-3, 0.1, false, false, false},
     {0.7490581479240631, -1.7508699365333673, 0.25688849698148963, 3.008666376058415, -0.027348087813007786}},
    {{kFloat64, 0.05, 0.9, 0.999, 1e-8, 0, true, true, false},
     {1.242541534131995, -2.2499999916666664, 0.7246687727966814, 2.9282527390855333, -0.25}},
    {{kFloat64, 0.05, 0.9, 0.999, 1e-8, 0.1, false, false, true},
     {0.7351379225799409, -1.7029850457129159, 0.2652565052923023, 2.9963859529246215, -0.24381218828046877}},
    {{kFloat64, 0.05, 0.9, 0.999, 1e-8, 0.1, true, false, true},
     {0.7351379225799409, -1.7029850457129159, 0.2652565052923023, 2.9963859529246215, -0.24381218828046877}},
};

double gradient(int step, int i) {
  const double g[] = {0.1 * step, -0.3, 0.02 * step * step, step % 2 ? -1.0 : 1.0, 0.0};
  return g[i];
}

template <class Slot>
void follow(const Kernel<Slot>& kernel, const typename Slot::Problem& p, const double* after) {
  double param[5] = {1, -2, 0.5, 3, -0.25}, grad[5], state[3][5] = {};
  for (int step = 1; step <= 5; ++step) {
    for (int i = 0; i < 5; ++i) grad[i] = gradient(step, i);
    const OptimizerTensor t{param, grad, {state[0], state[1], state[2]}, 5, step == 1, static_cast<double>(step)};
    kernel.run(p, {}, &t, 1);
  }
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(param[i], after[i], 1e-14) << kernel.name << " element " << i;
}

TEST(OptimizerKernels, FollowPyTorch) {
  for (const auto& c : kSgd) follow(kSgdStepReference, c.p, c.after);
  for (const auto& c : kAdam) follow(kAdamStepReference, c.p, c.after);
  for_each_target([] {
    for (const auto& c : kSgd) follow(kSgdStepHighway, c.p, c.after);
    for (const auto& c : kAdam) follow(kAdamStepHighway, c.p, c.after);
  });
}

// Many tensors of odd sizes, as a network has them, each with guards.
struct Parameters {
  std::vector<std::unique_ptr<Operand>> operands;
  std::vector<OptimizerTensor> tensors;

  Parameters(DType dtype, const std::vector<std::int64_t>& sizes, bool has_state) {
    std::mt19937 random(1);
    std::normal_distribution<double> values;
    for (const auto size : sizes) {
      OptimizerTensor t{};
      void** at[] = {&t.param, const_cast<void**>(&t.grad), &t.state[0], &t.state[1], &t.state[2]};
      for (int k = 0; k < (has_state ? 5 : 2); ++k) {
        operands.push_back(std::make_unique<Operand>(dtype, size));
        for (std::int64_t i = 0; i < size; ++i)
          operands.back()->set(i, k < 3 ? values(random) : std::fabs(values(random)));
        *at[k] = operands.back()->data();
      }
      t.size = size;
      t.step = 3;
      t.first = tensors.size() == 1;
      tensors.push_back(t);
    }
  }
};

template <class Slot>
void compare(const Kernel<Slot>& kernel, const Kernel<Slot>& plain, const typename Slot::Problem& p, bool has_state) {
  const std::vector<std::int64_t> sizes = {450, 6, 2400, 0, 1, 20000, 84, 31};
  Parameters got(p.dtype, sizes, has_state), want(p.dtype, sizes, has_state);
  kernel.run(p, {}, got.tensors.data(), static_cast<std::int64_t>(sizes.size()));
  plain.run(p, {}, want.tensors.data(), static_cast<std::int64_t>(sizes.size()));
  const double epsilon = p.dtype == kFloat64   ? 2.3e-16
                         : p.dtype == kFloat32 ? 1.2e-7
                         : p.dtype == kFloat16 ? 1e-3
                                               : 8e-3;
  for (std::size_t k = 0; k < got.operands.size(); ++k) {
    ASSERT_TRUE(got.operands[k]->guards_hold());
    for (std::int64_t i = 0; i < got.operands[k]->n(); ++i)
      ASSERT_NEAR(got.operands[k]->at(i), want.operands[k]->at(i), 8 * epsilon) << "operand " << k << " element " << i;
  }
}

TEST(OptimizerKernels, VectorCodeAgreesWithThePlainKernels) {
  for_each_target([] {
    for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16}) {
      for (auto c : kSgd) {
        c.p.dtype = dtype;
        compare(kSgdStepHighway, kSgdStepReference, c.p, c.p.momentum != 0);
      }
      for (auto c : kAdam) {
        c.p.dtype = dtype;
        compare(kAdamStepHighway, kAdamStepReference, c.p, true);
      }
    }
  });
}

TEST(OptimizerKernels, RefuseWhatIsNotFloating) {
  SgdProblem sgd = kSgd[0].p;
  AdamProblem adam = kAdam[0].p;
  sgd.dtype = adam.dtype = kInt64;
  EXPECT_TRUE(kSgdStepHighway.refuses(sgd, {}));
  EXPECT_TRUE(kAdamStepReference.refuses(adam, {}));
}

TEST(OptimizerKernels, DoNotDependOnTheNumberOfThreads) {
  Parameters one(kFloat32, {70000, 5, 33000}, true), four(kFloat32, {70000, 5, 33000}, true);
  AdamProblem p = kAdam[1].p;
  p.dtype = kFloat32;
  set_num_threads(1);
  kAdamStepHighway.run(p, {}, one.tensors.data(), 3);
  set_num_threads(4);
  kAdamStepHighway.run(p, {}, four.tensors.data(), 3);
  for (std::size_t k = 0; k < one.operands.size(); ++k)
    EXPECT_EQ(std::memcmp(one.operands[k]->data(), four.operands[k]->data(), one.operands[k]->size()), 0);
}

}  // namespace
}  // namespace cresset::cpu
