// Dynamic axes: one file for all sizes, run by ONNX Runtime at several.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#if CRESSET_HAS_ONNX
#include "onnx/nets.h"
#include "onnx/runtime.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::ElementsAre;
using testing::HasSubstr;

using Function = Calls::Function;
const Shape kImages{2, 3, 4, 6};

// Exports with the first axis of every input dynamic, and runs it at batch 1, 4 and 7.
void check_at_all_sizes(const std::vector<std::pair<std::string, Function>>& functions,
                        const std::vector<Shape>& shapes = {kImages}) {
  const ScratchFolder folder;
  const std::vector<std::int64_t> sizes{1, 4, 7};
  std::map<std::string, std::vector<std::vector<Tensor>>> expected;
  for (const auto& [name, function] : functions) {
    SCOPED_TRACE(name);
    Calls net(function);
    std::vector<std::string> names;
    std::map<std::string, DynamicAxes> axes;
    std::vector<Tensor> example;
    for (const Shape& shape : shapes) {
      names.push_back("x" + std::to_string(names.size()));
      axes.emplace(names.back(), DynamicAxes{{0, "batch"}});
      example.push_back(rand(shape));
    }
    export_onnx(net, example, folder / (name + ".onnx"), {.input_names = names, .dynamic_axes = axes});
    for (std::size_t run = 0; run < sizes.size(); ++run) {
      std::vector<Tensor> inputs;
      for (Shape shape : shapes) {
        shape[0] = sizes[run];
        inputs.push_back(rand(shape));
      }
      write_inputs(folder.path(), name, inputs, names, static_cast<int>(run));
      expected[name].push_back(net(inputs));
    }
  }
  CRESSET_SKIP_WITHOUT_RUNTIME();  // all were exported, and ONNX's checker took them
  const auto results = run_models(folder.path());
  for (const auto& [name, runs] : expected) {
    SCOPED_TRACE(name);
    ASSERT_EQ(results.at(name), "ok");
    for (std::size_t run = 0; run < runs.size(); ++run) {
      const auto outputs = read_outputs(folder.path(), name, static_cast<int>(run));
      for (std::size_t k = 0; k < runs[run].size(); ++k)
        EXPECT_EQ(too_far(outputs.at(k == 0 ? "output" : "output_" + std::to_string(k)), runs[run][k]), "")
            << "batch " << sizes[run];
    }
  }
}

using In = const std::vector<Tensor>&;
using Out = std::vector<Tensor>;

TEST(DynamicAxes, ShapesThatFollowTheBatch) {
  check_at_all_sizes({
      {"view_size_0",
       [](In x) -> Out {
         return {x[0].view({x[0].size(0), -1})};
       }},
      {"view_minus_1",
       [](In x) -> Out {
         return {x[0].view({-1, 72})};
       }},
      {"flatten", [](In x) -> Out { return {x[0].flatten(1)}; }},
      {"flatten_all", [](In x) -> Out { return {x[0].flatten()}; }},
      {"join_two",
       [](In x) -> Out {
         return {x[0].view({x[0].size(0) * 3, 24})};
       }},
      {"batch_last",
       [](In x) -> Out {
         return {x[0].permute({1, 2, 3, 0}).reshape({72, x[0].size(0)})};
       }},
      {"batch_twice",
       [](In x) -> Out {
         const Tensor f = x[0].flatten(1);
         const Tensor g = matmul(f, f.t());
         return {g.view({x[0].size(0), 1, x[0].size(0)})};
       }},
      {"expand",
       [](In x) -> Out {
         return {ones({1, 72}).expand({x[0].size(0), 72}) + x[0].flatten(1)};
       }},
      {"zeros_like",
       [](In x) -> Out {
         return {cat({x[0], zeros({x[0].size(0), 1, 4, 6})}, 1)};
       }},
      {"one_more",
       [](In x) -> Out {
         return {cat({x[0], zeros({1, 3, 4, 6})})};
       }},
      {"a_multiple_and_one",
       [](In x) -> Out {
         return {cat({x[0].flatten(1), zeros({x[0].size(0) * 2 + 1, 72})})};
       }},
      {"squeeze",
       [](In x) -> Out {
         return {x[0].mean({2, 3}, {.keepdim = true}).squeeze({2, 3})};
       }},
  });
}

TEST(DynamicAxes, PartsThatFollowTheBatch) {
  check_at_all_sizes({
      {"last", [](In x) -> Out { return {x[0][-1]}; }},
      {"all_but_the_last",
       [](In x) -> Out {
         return {cat({x[0], x[0]}).narrow(0, 0, x[0].size(0) * 2 - 1)};
       }},
      {"from_the_batch_on",
       [](In x) -> Out {
         return {cat({x[0], x[0] * 2}).slice(0, x[0].size(0))};
       }},
      {"halves",
       [](In x) -> Out {
         return {cat({x[0], x[0] * 2}).split(x[0].size(0))[1]};
       }},
      {"written_row",
       [](In x) -> Out {
         const Tensor y = x[0] * 1;
         y.select(0, -1).mul_(5);
         y.index({Ellipsis, Slice(1, 3)}) = 0.5;
         return {y};
       }},
      {"every_second",
       [](In x) -> Out {
         const Tensor y = x[0] + 0;
         y.slice(3, 0, 6, 2).add_(1);
         return {y, y[0]};
       }},
  });
}

TEST(DynamicAxes, NumbersThatFollowTheBatch) {
  check_at_all_sizes({
      {"mean_by_hand", [](In x) -> Out { return {x[0].sum({0}) / x[0].size(0)}; }},
      {"mean", [](In x) -> Out { return {x[0].mean({0})}; }},
      {"arange",
       [](In x) -> Out { return {x[0].flatten(1) * arange(x[0].size(0), {.dtype = kFloat32}).unsqueeze(1)}; }},
      {"variance",
       [](In x) -> Out {
         return {x[0].var({1, 2, 3})};
       }},
      {"argmax", [](In x) -> Out { return {x[0].flatten(1).argmax(1, true)}; }},
  });
}

TEST(DynamicAxes, LayersOfNetworks) {
  check_at_all_sizes({
      {"conv",
       [](In x) -> Out {
         return {F::conv2d(x[0], ones({2, 3, 3, 3}), ones({2}), {.padding = "same"})};
       }},
      {"pools",
       [](In x) -> Out {
         return {F::max_pool2d(x[0], 3, {.stride = 2, .ceil_mode = true}), F::adaptive_avg_pool2d(x[0], 1),
                 F::adaptive_avg_pool2d(x[0], {3, 4})};
       }},
      {"linear_3d",
       [](In x) -> Out {
         return {F::linear(x[0], arange(12, {.dtype = kFloat32}).view({2, 6}), ones({2}))};
       }},
      {"padded",
       [](In x) -> Out {
         return {F::pad(x[0], {1, 2, 2, 1}, {.mode = F::PaddingMode::circular})};
       }},
      {"softmax", [](In x) -> Out { return {F::softmax(x[0], 1)}; }},
  });
}

TEST(DynamicAxes, StatisticsOfTheBatch) {
  check_at_all_sizes({{"running", [](In x) -> Out {
                         const Tensor mean = zeros({3}), variance = ones({3});
                         const Tensor y = F::batch_norm(x[0], mean, variance, {}, {}, {.training = true});
                         return {y, mean, variance};
                       }}});
}

TEST(DynamicAxes, TwoInputsShareTheBatch) {
  check_at_all_sizes({{"sum",
                       [](In x) -> Out {
                         return {x[0] + x[1].unsqueeze(1), x[1].view({x[0].size(0), -1})};
                       }}},
                     {{2, 3, 4}, {2, 4}});
}

TEST(DynamicAxes, HeightAndWidthOfAConvolutionalNetwork) {
  const ScratchFolder folder;
  nn::Sequential net{nn::Conv2d{1, 2, 3, {.stride = 2, .padding = 1}},
                     nn::ReLU{},
                     nn::MaxPool2d{2},
                     nn::AdaptiveAvgPool2d{1},
                     nn::Flatten{},
                     nn::Linear{2, 3}};
  export_onnx(net, rand({1, 1, 16, 12}), folder / "net.onnx",
              {.dynamic_axes = {{"input", {{0, "n"}, {2, "h"}, {3, "w"}}}, {"output", {{0, "n"}}}}});
  const auto model = model_at(folder / "net.onnx");
  EXPECT_EQ(described(model.graph().input(0)), "input[n,1,h,w]");
  EXPECT_EQ(described(model.graph().output(0)), "output[n,3]");
  CRESSET_SKIP_WITHOUT_RUNTIME();
  const Tensor x = rand({3, 1, 21, 33});
  write_inputs(folder.path(), "net", {x}, {"input"});
  EXPECT_EQ(run_models(folder.path()).at("net"), "ok");
  EXPECT_EQ(too_far(read_outputs(folder.path(), "net").at("output"), net(x).detach()), "");
}

TEST(DynamicAxes, NamesOfAxes) {
  const ScratchFolder folder;
  SmallNet net;
  export_onnx(net, zeros({1, 1, 8, 8}), folder / "net.onnx",
              {.dynamic_axes = {{"input", {0}}, {"output", {{0, "n"}}}}});
  const auto named = model_at(folder / "net.onnx");
  EXPECT_EQ(described(named.graph().input(0)), "input[input_dynamic_axes_0,1,8,8]");
  EXPECT_EQ(described(named.graph().output(0)), "output[n,5]");
  export_onnx(net, zeros({1, 1, 8, 8}), folder / "net.onnx", {.dynamic_axes = {{"input", {{0, "batch"}}}}});
  EXPECT_EQ(described(model_at(folder / "net.onnx").graph().output(0)), "output[batch,5]");
}

struct Halves : nn::Module {
  CRESSET_MODULE()
  Tensor forward(const Tensor& x) override { return x.chunk(2)[0]; }
};
struct Loops : nn::Module {
  CRESSET_MODULE()
  Tensor forward(const Tensor& x) override {
    Tensor sum = x[0];
    for (std::int64_t i = 1; i < x.size(0); ++i) sum = sum + x[i];
    return sum;
  }
};
struct Table : nn::Module {
  CRESSET_MODULE()
  Tensor forward(const Tensor& x) override { return x + linspace(0, 1, x.size(0)).unsqueeze(1); }
};
struct Fixed : nn::Module {
  CRESSET_MODULE()
  Tensor forward(const Tensor& x) override { return x.view({2, 3}); }
};
template <class M>
struct Outer : nn::Module {
  M inner;
  CRESSET_MODULE(inner)
  Tensor forward(const Tensor& x) override { return inner(x); }
};

template <class M>
std::string refusal() {
  const ScratchFolder folder;
  Outer<M> net;
  return message_of<UnsupportedError>([&] {
    export_onnx(net, zeros({2, 3}), folder / "net.onnx", {.dynamic_axes = {{"input", {{0, "batch"}}}}});
  });
}

TEST(DynamicAxes, WhatCannotBeGeneralisedIsAnErrorWithTheModulesPath) {
  EXPECT_THAT(refusal<Halves>(),
              HasSubstr("export_onnx: slice: a number that follows from the size of a dynamic axis"));
  EXPECT_THAT(refusal<Halves>(), HasSubstr(".inner (Halves)"));
  EXPECT_THAT(refusal<Loops>(), HasSubstr("the forward does something else where axis 0 of \"input\" is 3"));
  EXPECT_THAT(refusal<Loops>(), HasSubstr(".inner (Loops)"));
  EXPECT_THAT(refusal<Table>(),
              HasSubstr("a tensor that the forward makes by itself depends on the size of a dynamic axis"));
  EXPECT_THAT(refusal<Table>(), HasSubstr(".inner (Table)"));
}

TEST(DynamicAxes, AForwardThatFailsAtAnotherSizeSaysAtWhich) {
  const ScratchFolder folder;
  Outer<Fixed> net;
  const std::string message = message_of<ShapeError>([&] {
    export_onnx(net, zeros({2, 3}), folder / "net.onnx", {.dynamic_axes = {{"input", {{0, "batch"}}}}});
  });
  EXPECT_THAT(message, HasSubstr("view: shape"));
  EXPECT_THAT(message, HasSubstr(".inner (Fixed)"));
  EXPECT_THAT(message, HasSubstr("while recording the forward where axis 0 of \"input\" is 3"));
}

}  // namespace
}  // namespace cresset::test
#else
TEST(DynamicAxes, AtSeveralSizes) { GTEST_SKIP() << "built without ONNX"; }
#endif
