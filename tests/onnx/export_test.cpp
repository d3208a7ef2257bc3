// The files that export_onnx writes: names, versions, weights, options, errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#if CRESSET_HAS_ONNX
#include <cresset/cuda.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "onnx/model_file.h"
#include "onnx/nets.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const OnnxOptions kImage{.input_names = {"image"}, .output_names = {"classes"}};

TEST(ExportOnnx, NamesAreThoseOfPyTorchsExporter) {
  const ScratchFolder folder;
  SmallNet net;
  export_onnx(net, zeros({2, 1, 8, 8}), folder / "net.onnx", kImage);
  const auto model = model_at(folder / "net.onnx");
  EXPECT_THAT(
      nodes_of(model),
      ElementsAre("Conv(image,conv_1.weight,conv_1.bias)",
                  "BatchNormalization(/conv_1/Conv_output_0,norm.weight,norm.bias,norm.running_mean,"
                  "norm.running_var)",
                  "Relu(/norm/BatchNormalization_output_0)", "MaxPool(/Relu_output_0)", "Constant()",
                  "Reshape(/pool/MaxPool_output_0,/Constant_output_0)", "Gemm(/Reshape_output_0,fc.weight,fc.bias)"));
  EXPECT_THAT(names_of(model.graph().node()), ElementsAre("/conv_1/Conv", "/norm/BatchNormalization", "/Relu",
                                                          "/pool/MaxPool", "/Constant", "/Reshape", "/fc/Gemm"));
  EXPECT_THAT(names_of(model.graph().initializer()),
              UnorderedElementsAre("conv_1.weight", "conv_1.bias", "norm.weight", "norm.bias", "norm.running_mean",
                                   "norm.running_var", "fc.weight", "fc.bias"));
  EXPECT_EQ(described(model.graph().input(0)), "image[2,1,8,8]");
  EXPECT_EQ(described(model.graph().output(0)), "classes[2,5]");
}

TEST(ExportOnnx, ModulesInContainersAreNamedByTheContainer) {
  const ScratchFolder folder;
  struct Net : nn::Module {
    nn::Sequential seq{nn::Linear{2, 2}, nn::Sequential{nn::ReLU{}}};
    CRESSET_MODULE(seq)
    Tensor forward(const Tensor& x) override { return seq(x) + 0; }
  } net;
  export_onnx(net, zeros({1, 2}), folder / "net.onnx");
  EXPECT_THAT(names_of(model_at(folder / "net.onnx").graph().node()),
              ElementsAre("/seq/seq.0/Gemm", "/seq/seq.1/seq.1.0/Relu", "/Constant", "/Add"));
}

TEST(ExportOnnx, SaysWhoMadeIt) {
  const ScratchFolder folder;
  SmallNet net;
  export_onnx(net, zeros({2, 1, 8, 8}), folder / "net.onnx",
              {.opset_version = 15, .metadata = {{"made for", "a test"}}});
  const auto model = model_at(folder / "net.onnx");
  EXPECT_EQ(model.producer_name(), "cresset");
  EXPECT_THAT(model.producer_version(), HasSubstr("."));
  EXPECT_EQ(model.ir_version(), 8);
  EXPECT_EQ(model.opset_import(0).version(), 15);
  EXPECT_EQ(model.metadata_props(0).key() + ": " + model.metadata_props(0).value(), "made for: a test");
  EXPECT_EQ(described(model.graph().input(0)), "input[2,1,8,8]");
  EXPECT_EQ(described(model.graph().output(0)), "output[2,5]");
}

TEST(ExportOnnx, AModuleOnAnotherDeviceGivesTheSameFile) {
  if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
  const ScratchFolder folder;
  SmallNet net;
  const OnnxOptions options{.dynamic_axes = {{"input", {{0, "batch"}}}}};
  export_onnx(net, zeros({2, 1, 8, 8}), folder / "cpu.onnx", options);
  net.cuda();
  export_onnx(net, zeros({2, 1, 8, 8}, {.device = "cuda"}), folder / "cuda.onnx", options);
  EXPECT_EQ(read_text(folder / "cuda.onnx"), read_text(folder / "cpu.onnx"));
}

TEST(ExportOnnx, WhatFollowsFromParametersIsComputedNow) {
  const ScratchFolder folder;
  struct Net : nn::Module {
    nn::Parameter weight{arange(3, {.dtype = kFloat32})};
    CRESSET_MODULE(weight)
    Tensor forward(const Tensor& x) override { return x * exp(weight); }
  } net;
  export_onnx(net, zeros({3}), folder / "folded.onnx");
  const auto folded = model_at(folder / "folded.onnx");
  EXPECT_THAT(nodes_of(folded), ElementsAre("Mul(input,onnx::mul_0)"));
  const Tensor expected = exp(net.weight).detach();
  EXPECT_EQ(folded.graph().initializer(0).raw_data(),
            std::string(static_cast<const char*>(expected.data_ptr()), 3 * sizeof(float)));
  export_onnx(net, zeros({3}), folder / "whole.onnx", {.do_constant_folding = false});
  EXPECT_THAT(nodes_of(model_at(folder / "whole.onnx")), ElementsAre("Exp(weight)", "Mul(input,/Exp_output_0)"));
}

TEST(ExportOnnx, WhatNothingReadsIsLeftOut) {
  const ScratchFolder folder;
  Calls net([](const std::vector<Tensor>& x) -> std::vector<Tensor> {
    const Tensor unused = x[0].as_strided({1}, {1}) + 1;  // has no ONNX form
    return {x[0] + 1};
  });
  export_onnx(net, zeros({3}), folder / "net.onnx");
  EXPECT_THAT(nodes_of(model_at(folder / "net.onnx")), ElementsAre("Constant()", "Add(input,/Constant_output_0)"));
}

TEST(ExportOnnx, AnOutputThatIsAnInputOrGivenTwiceIsACopy) {
  const ScratchFolder folder;
  Calls net([](const std::vector<Tensor>& x) -> std::vector<Tensor> {
    const Tensor y = -x[0];
    return {y, y, x[0]};
  });
  export_onnx(net, zeros({3}), folder / "net.onnx");
  EXPECT_THAT(nodes_of(model_at(folder / "net.onnx")),
              ElementsAre("Neg(input)", "Identity(output)", "Identity(input)"));
}

TEST(ExportOnnx, TheModuleIsInEvalModeMeanwhile) {
  const ScratchFolder folder;
  struct Net : nn::Module {
    nn::Dropout dropout{0.5};
    nn::Linear fc{2, 2};
    CRESSET_MODULE(dropout, fc)
    Tensor forward(const Tensor& x) override { return fc(dropout(x)); }
  } net;
  net.fc.eval();
  const auto ops = [&](TrainingMode mode) {
    export_onnx(net, zeros({2, 2}), folder / "net.onnx", {.training = mode});
    std::vector<std::string> types;
    const auto model = model_at(folder / "net.onnx");
    for (const auto& node : model.graph().node())
      if (node.op_type() != "Constant") types.push_back(node.op_type());
    return types;
  };
  EXPECT_THAT(ops(TrainingMode::eval), ElementsAre("Gemm"));
  EXPECT_THAT(ops(TrainingMode::preserve), ElementsAre("Dropout", "Gemm"));
  EXPECT_THAT(ops(TrainingMode::training), ElementsAre("Dropout", "Gemm"));
  // As it was, each module for itself.
  EXPECT_TRUE(net.is_training() && net.dropout.is_training());
  EXPECT_FALSE(net.fc.is_training());
}

TEST(ExportOnnx, ExternalDataLiesBesideTheFile) {
  const ScratchFolder folder;
  struct Net : nn::Module {
    nn::Linear fc{40, 30};
    CRESSET_MODULE(fc)
    Tensor forward(const Tensor& x) override { return fc(x); }
  } net;
  export_onnx(net, zeros({1, 40}), folder / "net.onnx", {.external_data = true});
  EXPECT_EQ(std::filesystem::file_size(folder / "net.onnx.data"), 40u * 30 * 4);
  EXPECT_EQ(folder.files(), 2u);
  const auto model = model_at(folder / "net.onnx");
  const auto& weight = model.graph().initializer(0);
  EXPECT_EQ(weight.data_location(), ::onnx::TensorProto_DataLocation_EXTERNAL);
  EXPECT_EQ(weight.external_data(0).value(), "net.onnx.data");
  EXPECT_EQ(read_text(folder / "net.onnx.data"),
            std::string(reinterpret_cast<const char*>(net.fc.weight.data_ptr()), 40 * 30 * 4));
  // The small one stays in the file.
  EXPECT_EQ(model.graph().initializer(1).raw_data().size(), 30u * 4);
}

// A model of one node that reads one weight of 4,000 bytes.
struct TinyModel {
  explicit TinyModel(const std::string& op_type) {
    exporting::describe_model(model, {});
    auto& graph = *model.mutable_graph();
    graph.set_name("main_graph");
    auto& node = *graph.add_node();
    node.set_op_type(op_type);
    node.add_input("weight");
    node.add_output("output");
    auto& output = *graph.add_output();
    output.set_name("output");
    auto& type = *output.mutable_type()->mutable_tensor_type();
    type.set_elem_type(::onnx::TensorProto_DataType_FLOAT);
    type.mutable_shape()->add_dim()->set_dim_value(1000);
    graph.add_initializer()->set_name("weight");
    weights = {{graph.mutable_initializer(0), weight}};
  }
  Tensor weight = arange(1000, {.dtype = kFloat32});
  ::onnx::ModelProto model;
  std::vector<exporting::Weights> weights;
};

TEST(ExportOnnx, WeightsBeyondWhatAFileMayHaveLieBesideIt) {
  const ScratchFolder folder;
  TinyModel small("Identity"), large("Identity");
  exporting::write_model(small.model, small.weights, folder / "small.onnx", false, 4000);
  EXPECT_EQ(model_at(folder / "small.onnx").graph().initializer(0).raw_data().size(), 4000u);
  EXPECT_EQ(folder.files(), 1u);
  exporting::write_model(large.model, large.weights, folder / "large.onnx", false, 3999);
  EXPECT_EQ(folder.files(), 3u);
  EXPECT_EQ(std::filesystem::file_size(folder / "large.onnx.data"), 4000u);
  const auto model = model_at(folder / "large.onnx");
  const auto& weight = model.graph().initializer(0);
  EXPECT_FALSE(weight.has_raw_data());
  EXPECT_EQ(weight.external_data(0).key() + " " + weight.external_data(0).value(), "location large.onnx.data");
}

TEST(ExportOnnx, AModelThatTheCheckerRefusesIsNotWritten) {
  const ScratchFolder folder;
  write_text(folder / "net.onnx", "old");
  write_text(folder / "net.onnx.data", "old data");
  for (const bool external : {false, true}) {
    TinyModel wrong("NoSuchOperator");
    EXPECT_THAT(message_of<UnsupportedError>(
                    [&] { exporting::write_model(wrong.model, wrong.weights, folder / "net.onnx", external); }),
                HasSubstr("export_onnx: ONNX's checker refuses the model: No Op registered for NoSuchOperator"));
  }
  EXPECT_EQ(read_text(folder / "net.onnx"), "old");
  EXPECT_EQ(read_text(folder / "net.onnx.data"), "old data");
  EXPECT_EQ(folder.files(), 2u);
}

TEST(ExportOnnx, AFileThatCannotBeWrittenIsAnIoError) {
  const ScratchFolder folder;
  SmallNet net;
  const auto message = [&](const std::string& path) {
    return message_of<IoError>([&] { export_onnx(net, zeros({2, 1, 8, 8}), path); });
  };
  EXPECT_EQ(message(folder / "no/net.onnx"),
            "export_onnx: " + (folder / "no/net.onnx") + ": cannot write beside it: No such file or directory");
  EXPECT_EQ(message(folder.path()), "export_onnx: " + folder.path() + ": must name a file, is a directory");
  EXPECT_EQ(folder.files(), 0u);
  std::filesystem::create_directory(folder / "net.onnx.data");
  EXPECT_EQ(message_of<IoError>([&] {
              export_onnx(net, zeros({2, 1, 8, 8}), folder / "net.onnx", {.external_data = true});
            }),
            "export_onnx: " + (folder / "net.onnx.data") + ": must name a file, is a directory");
  EXPECT_FALSE(std::filesystem::exists(folder / "net.onnx"));
}

TEST(ExportOnnx, AnErrorLeavesTheOldFile) {
  const ScratchFolder folder;
  write_text(folder / "net.onnx", "old");
  Calls net([](const std::vector<Tensor>& x) -> std::vector<Tensor> { return {x[0].view(kInt32)}; });
  EXPECT_EQ(message_of<UnsupportedError>([&] { export_onnx(net, zeros({3}), folder / "net.onnx"); }),
            "export_onnx: view_dtype has no ONNX form\nin Calls");
  EXPECT_EQ(read_text(folder / "net.onnx"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

struct Odd : nn::Module {
  CRESSET_MODULE()
  Tensor forward(const Tensor& x) override { return x.as_strided({2, 2}, {1, 1}); }
};
struct Deep : nn::Module {
  nn::Sequential layers{nn::ReLU{}, Odd{}};
  CRESSET_MODULE(layers)
  Tensor forward(const Tensor& x) override { return layers(x); }
};

TEST(ExportOnnx, AnOpWithoutAnOnnxFormIsNamedWithTheModulesPath) {
  const ScratchFolder folder;
  Deep net;
  EXPECT_EQ(message_of<UnsupportedError>([&] { export_onnx(net, zeros({3}), folder / "net.onnx"); }),
            "export_onnx: as_strided has no ONNX form\nin Deep.layers.1 (Odd)");
}

struct Branches : nn::Module {
  nn::ReLU relu;
  CRESSET_MODULE(relu)
  Tensor forward(const Tensor& x) override { return x.sum().item() > 0 ? relu(x) : x; }
};

TEST(ExportOnnx, AModuleThatBranchesOnDataIsToldOf) {
  const ScratchFolder folder;
  struct Net : nn::Module {
    Branches inner;
    CRESSET_MODULE(inner)
    Tensor forward(const Tensor& x) override { return inner(x); }
  } net;
  const std::string message = message_of<UnsupportedError>([&] { export_onnx(net, zeros({3}), folder / "net.onnx"); });
  EXPECT_THAT(message, HasSubstr("item: the forward reads a value that depends on its inputs, on which it may branch"));
  EXPECT_THAT(message, HasSubstr("Net.inner (Branches), input [3]"));
}

TEST(ExportOnnx, OptionsThatDoNotFitAreValueErrors) {
  const ScratchFolder folder;
  SmallNet net;
  const auto message = [&](const OnnxOptions& options) {
    return message_of<ValueError>([&] { export_onnx(net, zeros({2, 1, 8, 8}), folder / "net.onnx", options); });
  };
  EXPECT_EQ(message({.opset_version = 12}), "export_onnx: opset_version must be from 13 to " +
                                                std::to_string(exporting::newest_opset()) +
                                                ", the newest that the ONNX library knows, got 12");
  EXPECT_THAT(message({.opset_version = exporting::newest_opset() + 1}),
              HasSubstr("the newest that the ONNX library knows"));
  EXPECT_EQ(message({.input_names = {"a", "b"}}), "export_onnx: there are 1 inputs, got 2 names");
  EXPECT_EQ(message({.output_names = {"a", "b"}}), "export_onnx: there are 1 outputs, got 2 names");
  EXPECT_EQ(message({.input_names = {"a"}, .output_names = {"a"}}), "export_onnx: the name \"a\" is given twice");
  EXPECT_EQ(message({.input_names = {""}}), "export_onnx: a name of an input or output is empty");
  EXPECT_EQ(message({.input_names = {"fc.bias"}}),
            "export_onnx: \"fc.bias\" is the name of a parameter or buffer already");
  EXPECT_EQ(message({.dynamic_axes = {{"picture", {0}}}}),
            "export_onnx: dynamic_axes: there is no input or output \"picture\"");
  EXPECT_EQ(message({.dynamic_axes = {{"input", {4}}}}),
            "export_onnx: dynamic_axes: \"input\" has 4 dimensions, got axis 4");
  EXPECT_EQ(message({.dynamic_axes = {{"input", {{0, "n"}, {2, "n"}}}}}),
            "export_onnx: dynamic_axes: the axes named \"n\" must have one size, got 2 and 8");
  EXPECT_EQ(message_of<ValueError>([&] { export_onnx(net, Tensor(), folder / "net.onnx"); }),
            "export_onnx: an example input is undefined");
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace cresset::test
#else
TEST(ExportOnnx, Files) { GTEST_SKIP() << "built without ONNX"; }
#endif
