// Modules print as PyTorch's: tests/golden/repr.json, written by tools/goldens_repr.py.
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "test_paths.h"

namespace cresset::test {
namespace {

using namespace nn;

struct Block : Module {
  Conv2d conv{3, 6, 5};
  Sequential body{ReLU(), Sequential{Linear{2, 2, {.bias = false}}}};
  std::array<Linear, 2> linears = {Linear{2, 2}, Linear{2, 2}};
  std::vector<Parameter> weights = {Parameter(zeros({2, 3})), Parameter(zeros({1}))};
  Parameter scale{zeros({1})};
  ReLU act;

  // As Python's self.layers, which holds modules of several classes.
  void list_members(MemberList& members) override {
    members.add("conv, body", conv, body);
    members.add("layers.0, layers.1, layers.2", linears[0], linears[1], act);
    members.add("weights, scale", weights, scale);
  }
  const std::type_info& listed_type() const override { return typeid(Block); }
  std::unique_ptr<ModuleBase> alias_copy() const override { return std::make_unique<Block>(*this); }
  Tensor forward(const Tensor& input) override { return input; }
};

struct WithExtra : Module {
  ReLU act;
  CRESSET_MODULE(act)
  Tensor forward(const Tensor& input) override { return act(input); }
  std::string extra_repr() const override { return "width=3"; }
};

TEST(Print, AsPyTorch) {
  const std::pair<const char*, std::string> printed[] = {
      {"conv2d", Conv2d{3, 6, 5}.str()},
      {"conv2d_all", Conv2d{3,
                            6,
                            {5, 3},
                            {.stride = {2, 1},
                             .padding = 1,
                             .dilation = 2,
                             .groups = 3,
                             .bias = false,
                             .padding_mode = PaddingMode::reflect}}
                         .str()},
      {"conv2d_same", Conv2d{3, 6, 3, {.padding = "same"}}.str()},
      {"conv2d_valid", Conv2d{3, 6, 3, {.padding = "valid", .padding_mode = PaddingMode::circular}}.str()},
      {"max_pool2d", MaxPool2d{2, 2}.str()},
      {"max_pool2d_all", MaxPool2d{{2, 3}, {.stride = {1, 2}, .padding = 1, .dilation = 2, .ceil_mode = true}}.str()},
      {"max_pool2d_square", MaxPool2d(Size2{3, 3}).str()},
      {"avg_pool2d", AvgPool2d{3, {.stride = 2, .padding = 1}}.str()},
      {"adaptive_avg_pool2d", AdaptiveAvgPool2d{{7, 6}}.str()},
      {"adaptive_avg_pool2d_one", AdaptiveAvgPool2d{3}.str()},
      {"adaptive_avg_pool2d_square", AdaptiveAvgPool2d{{3, 3}}.str()},
      {"adaptive_avg_pool2d_none", AdaptiveAvgPool2d{{None, 7}}.str()},
      {"linear", Linear{3, 4}.str()},
      {"linear_no_bias", Linear{3, 4, {.bias = false}}.str()},
      {"batch_norm2d", BatchNorm2d{6}.str()},
      {"batch_norm1d_all",
       BatchNorm1d{6, {.eps = 0.5, .momentum = {}, .affine = false, .track_running_stats = false}}.str()},
      {"relu", ReLU().str()},
      {"relu_inplace", ReLU{{.inplace = true}}.str()},
      {"sigmoid", Sigmoid().str()},
      {"tanh", Tanh().str()},
      {"gelu", GELU().str()},
      {"gelu_tanh", GELU{{.approximate = GeluApproximate::tanh}}.str()},
      {"softmax", Softmax{1}.str()},
      {"log_softmax", LogSoftmax{-1}.str()},
      {"flatten", Flatten().str()},
      {"dropout", Dropout().str()},
      {"dropout_all", Dropout{1, {.inplace = true}}.str()},
      {"identity", Identity().str()},
      {"cross_entropy_loss", CrossEntropyLoss().str()},
      {"mse_loss", MSELoss().str()},
      {"sequential", Sequential().str()},
      {"sequential_named", Sequential{{"conv", Conv2d{1, 2, 3}}, {"act", ReLU()}}.str()},
      {"block", Block().str()},
      {"with_extra", WithExtra().str()},
      {"parameter", Parameter(zeros({1, 2, 2})).str()},
      {"frozen_parameter", Parameter(tensor({0.5}), false).str()},
      {"no_parameter", Linear(1, 1, {.bias = false}).bias.str()},
  };
  const auto golden = nlohmann::json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/repr.json"));
  ASSERT_EQ(golden.size(), std::size(printed));
  for (const auto& [name, text] : printed) EXPECT_EQ(text, golden[name].get<std::string>()) << name;
}

TEST(Print, ParametersToAStreamAndToStandardOutput) {
  const Parameter parameter(zeros({1, 2, 2}));
  std::ostringstream out;
  out << parameter;
  EXPECT_EQ(out.str(), parameter.str());
  testing::internal::CaptureStdout();
  print(parameter);
  print(parameter.data());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), parameter.str() + "\n" + zeros({1, 2, 2}).str() + "\n");
}

TEST(Print, ToAStreamAndToStandardOutput) {
  std::ostringstream out;
  out << ReLU();
  EXPECT_EQ(out.str(), "ReLU()");
  testing::internal::CaptureStdout();
  print(Sequential{ReLU()});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "Sequential(\n  (0): ReLU()\n)\n");
}

template <class T>
struct Generic : Module {
  CRESSET_MODULE()
  Tensor forward(const Tensor& input) override { return input; }
};

TEST(Print, ClassNamesAreWithoutNamespacesAndFunctions) {
  struct Local : Identity {
    CRESSET_MODULE()
  };
  EXPECT_EQ(Local().class_name(), "Local");
  EXPECT_EQ(Generic<int>().class_name(), "Generic<int>");
  EXPECT_EQ(
      [] {
        struct InLambda : Identity {
          CRESSET_MODULE()
        };
        return InLambda().class_name();
      }(),
      "InLambda");
}

}  // namespace
}  // namespace cresset::test
