// 16-bit parameters with float32 master weights.
#include <cresset/cresset.h>
#include <cresset/dispatch.h>
#include <gtest/gtest.h>

#include "support/message.h"

namespace cresset::test {
namespace {

enum class Kind { sgd, adam, adamw };

optim::Optimizer make(Kind kind, const std::vector<Tensor>& params, bool master_weights) {
  if (kind == Kind::sgd)
    return optim::SGD(
        params, {.lr = 0.01, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true, .master_weights = master_weights});
  if (kind == Kind::adam)
    return optim::Adam(params, {.lr = 0.01, .weight_decay = 0.1, .amsgrad = true, .master_weights = master_weights});
  return optim::AdamW(params, {.lr = 0.01, .master_weights = master_weights});
}

// Numbers that bfloat16 and float16 hold.
Tensor few_bits(std::int64_t size, std::int64_t seed) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < size; ++i) values.push_back(static_cast<double>((i * 7 + seed * 5) % 23 - 11) / 8);
  return tensor(values);
}

std::vector<Tensor> parameters(DType dtype, Device device) {
  std::vector<Tensor> params;
  for (const std::int64_t size : {3, 1, 20001, 256})
    params.push_back(few_bits(size, size).to(device, dtype).set_requires_grad(true));
  return params;
}

void take_steps(optim::Optimizer& opt, const std::vector<Tensor>& params, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    for (const Tensor& p : params) p.set_grad(few_bits(p.numel(), i).to(p.device(), p.dtype()));
    opt.step();
  }
}

Tensor master(const optim::Optimizer& opt, int parameter) {
  return opt.state_dict().at("state." + std::to_string(parameter) + ".master_param");
}

// The copies take the very steps of float32 parameters with the same gradients, and the parameters are their rounding.
void compare_with_float32(Kind kind, DType dtype, Device device) {
  const auto wide = parameters(kFloat32, device), narrow = parameters(dtype, device);
  optim::Optimizer of_wide = make(kind, wide, true), of_narrow = make(kind, narrow, true);
  take_steps(of_wide, wide, 0, 4);
  take_steps(of_narrow, narrow, 0, 4);
  for (std::size_t i = 0; i < wide.size(); ++i) {
    EXPECT_TRUE(narrow[i].equal(wide[i].to(dtype))) << i;
    EXPECT_TRUE(master(of_narrow, static_cast<int>(i)).equal(wide[i])) << i;
  }
  for (const auto& [key, value] : of_wide.state_dict()) {
    EXPECT_TRUE(of_narrow.state_dict().at(key).equal(value)) << key;
    EXPECT_EQ(of_narrow.state_dict().at(key).dtype(), value.dtype()) << key;
  }
}

TEST(MasterWeights, TakeTheStepsOfFloat32) {
  for (const DType dtype : {kBFloat16, kFloat16})
    for (const Kind kind : {Kind::sgd, Kind::adam, Kind::adamw}) {
      SCOPED_TRACE(std::string(name(dtype)) + " " + std::to_string(static_cast<int>(kind)));
      compare_with_float32(kind, dtype, "cpu");
      {
        const ForceKernelGuard reference("optim.sgd=reference,optim.adam=reference");
        compare_with_float32(kind, dtype, "cpu");
      }
      if (cuda::is_available()) compare_with_float32(kind, dtype, "cuda");
    }
}

TEST(MasterWeights, KeepWhatTheParameterCannotHold) {
  for (const bool masters : {false, true}) {
    const Tensor w = ones({1}, {.dtype = kBFloat16, .requires_grad = true});
    optim::SGD opt({w}, {.lr = 1e-4, .master_weights = masters});
    for (int i = 0; i < 100; ++i) {
      w.set_grad(ones({1}, {.dtype = kBFloat16}));
      opt.step();
    }
    EXPECT_EQ(w.item(), masters ? 0.98828125 : 1);  // 0.99 rounded to 8 bits
  }
}

TEST(MasterWeights, AreInTheStateDict) {
  const auto params = parameters(kBFloat16, "cpu"), others = parameters(kBFloat16, "cpu");
  optim::Optimizer opt = make(Kind::adam, params, true), other = make(Kind::adam, others, false);
  take_steps(opt, params, 0, 2);
  const StateDict saved = opt.state_dict();
  EXPECT_EQ(saved.at("state.0.master_param").dtype(), kFloat32);
  EXPECT_EQ(saved.at("state.0.exp_avg").dtype(), kFloat32);
  EXPECT_EQ(saved.at("param_groups.0.master_weights").item(), 1);
  StateDict copy;
  for (const auto& [key, value] : saved) copy.set(key, value.clone());
  take_steps(opt, params, 2, 2);
  // First the optimiser, then the parameters: their rounded values do not replace the copies.
  other.load_state_dict(copy);
  for (std::size_t i = 0; i < params.size(); ++i)
    others[i].data().copy_(copy.at("state." + std::to_string(i) + ".master_param"));
  const NoGradGuard no_grad;
  for (const Tensor& p : others) p.copy_(p.clone());  // counted as a write
  take_steps(other, others, 2, 2);
  for (std::size_t i = 0; i < params.size(); ++i) {
    EXPECT_TRUE(others[i].equal(params[i])) << i;
    EXPECT_TRUE(master(other, static_cast<int>(i)).equal(master(opt, static_cast<int>(i)))) << i;
  }
  optim::Optimizer plain = make(Kind::adam, others, false);
  copy.erase("param_groups.0.master_weights");
  EXPECT_EQ(message_of<ValueError>([&] { plain.load_state_dict(copy); }),
            "Adam: loaded state dict has master_param, which this optimizer does not keep");
  EXPECT_FALSE(plain.state_dict().contains("param_groups.0.master_weights"));
}

TEST(MasterWeights, FollowAParameterThatIsWrittenTo) {
  const Tensor w = ones({4}, {.dtype = kBFloat16, .requires_grad = true});
  optim::SGD opt({w}, {.lr = 0.25, .master_weights = true});
  w.set_grad(ones({4}, {.dtype = kBFloat16}));
  opt.step();
  {
    const NoGradGuard no_grad;
    w.fill_(8);
  }
  opt.step();
  EXPECT_TRUE(w.equal(full({4}, 7.75, {.dtype = kBFloat16}))) << w;
}

TEST(MasterWeights, OfParametersWithGapsAndInOtherOrders) {
  const Tensor storage = zeros({3, 4}, {.dtype = kBFloat16});
  const Tensor gaps = storage.slice(1, 0, 4, 2).detach().set_requires_grad(true);
  const Tensor columns = zeros({2, 3}, {.dtype = kBFloat16}).t().detach().set_requires_grad(true);
  optim::SGD opt({gaps, columns}, {.lr = 1, .momentum = 0.5, .master_weights = true});
  for (int i = 0; i < 2; ++i) {
    gaps.set_grad(arange(6).reshape({3, 2}).to(kBFloat16));
    columns.set_grad(arange(6).reshape({3, 2}).to(kBFloat16));
    opt.step();
  }
  const Tensor expected = (arange(6).reshape({3, 2}) * -2.5).to(kBFloat16);
  EXPECT_TRUE(gaps.equal(expected)) << gaps;
  EXPECT_TRUE(columns.equal(expected)) << columns;
  EXPECT_EQ(storage.select(1, 1).abs().sum().item(), 0);
}

TEST(MasterWeights, ChangeNothingForFloat32) {
  const auto plain = parameters(kFloat32, "cpu"), with = parameters(kFloat32, "cpu");
  optim::Optimizer a = make(Kind::adamw, plain, false), b = make(Kind::adamw, with, true);
  take_steps(a, plain, 0, 2);
  take_steps(b, with, 0, 2);
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(with[i].equal(plain[i]));
  EXPECT_FALSE(b.state_dict().contains("state.0.master_param"));
  EXPECT_EQ(a.str(), b.str());
}

}  // namespace
}  // namespace cresset::test
