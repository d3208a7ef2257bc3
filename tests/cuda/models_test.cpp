// The small networks of cresset::models on a device: outputs and gradients as on the CPU.
#include <gtest/gtest.h>

#include "cuda/cuda_test.h"

namespace cresset::test {
namespace {

class CudaModels : public CudaTest {};

// Sums in another order: float32's rounding, times a few layers.
void expect_close(const Tensor& there, const Tensor& here, const std::string& what) {
  const double scale = here.abs().max().item();
  EXPECT_LE((there.cpu() - here).abs().max().item(), 2e-5 * scale) << what;
}

template <class Net>
void compare(const Net& made, const Shape& input) {
  Net here = made, there = made.clone();
  there.to(kCuda);
  const Tensor x = randn(input);
  const Tensor y = here(x), z = there(x.to(kCuda));
  expect_close(z.detach(), y.detach(), here.class_name());
  y.square().sum().backward();
  z.square().sum().backward();
  const auto parameters = here.named_parameters();
  const auto theirs = there.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    expect_close(theirs[i].grad(), parameters[i].tensor.grad(), parameters[i].name);
  for (const auto& [name, buffer] : here.named_buffers())
    expect_close(there.state_dict().at(name).to(kFloat32), buffer.to(kFloat32), name);
}

TEST_F(CudaModels, FollowTheCpu) {
  manual_seed(3);
  compare(models::LeNet(), {2, 1, 28, 28});
  compare(models::LeNet({.activation = models::LeNetActivation::relu, .pooling = models::LeNetPooling::average}),
          {2, 1, 28, 28});
  compare(models::MnistCnn(), {1, 1, 28, 28});
  compare(models::BasicBlock(4, 8, 2), {2, 4, 8, 8});
  compare(models::nin_block(3, 6, 5, {.stride = 2}), {2, 3, 13, 13});
}

}  // namespace
}  // namespace cresset::test
