// Every network of cresset::models, and those of the seeds, in ONNX Runtime and in OpenCV.
#include <gtest/gtest.h>

#if CRESSET_HAS_ONNX
#include <cresset/io/safetensors.h>
#include <cresset/models/registry.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "onnx/nets.h"
#include "onnx/runtime.h"
#include "test_paths.h"

namespace cresset::test {
namespace {

constexpr std::int64_t kBatches[] = {1, 4, 7};

// Statistics and scales that do something, as after training.
void make_eventful(nn::Module& net) {
  manual_seed(1);
  const NoGradGuard no_grad;
  for (const auto& [name, buffer] : net.named_buffers()) {
    if (name.ends_with("running_mean")) buffer.normal_(0, 0.2);
    if (name.ends_with("running_var")) buffer.uniform_(0.5, 2);
  }
  net.eval();
}

// Without ONNX Runtime the small ones are exported, for ONNX's checker.
bool is_small(const nn::Module& net) {
  std::int64_t count = 0;
  for (const auto& parameter : net.parameters()) count += parameter.numel();
  return count < 1'000'000;
}

TEST(OnnxModels, EveryModelGivesTheSameInOnnxRuntimeAtSeveralBatches) {
  for (const std::string& name : models::names()) {
    SCOPED_TRACE(name);
    const ScratchFolder folder;  // one at a time: weights are large
    const auto net = models::make(name);
    if (!has_runtime() && !is_small(*net)) continue;
    make_eventful(*net);
    Shape shape = models::info(name).input;
    shape.insert(0, 2);
    export_onnx(*net, zeros(shape), folder / "net.onnx",
                {.input_names = {"image"}, .output_names = {"classes"}, .dynamic_axes = {{"image", {{0, "batch"}}}}});
    const auto model = model_at(folder / "net.onnx");
    EXPECT_EQ(described(model.graph().output(0)).substr(0, 14), "classes[batch,");
    for (const auto& [key, tensor] : net->state_dict()) {
      const auto names = names_of(model.graph().initializer());
      // A counter that the forward does not read is not there.
      if (!key.ends_with("num_batches_tracked")) {
        EXPECT_EQ(std::count(names.begin(), names.end(), key), 1) << key;
      }
    }
    if (!has_runtime()) continue;
    std::vector<Tensor> expected;
    const NoGradGuard no_grad;
    for (int run = 0; run < 3; ++run) {
      shape[0] = kBatches[run];
      const Tensor x = randn(shape);
      write_inputs(folder.path(), "net", {x}, {"image"}, run);
      expected.push_back((*net)(x));
    }
    EXPECT_EQ(run_models(folder.path()).at("net"), "ok");
    for (int run = 0; run < 3; ++run)
      EXPECT_EQ(too_far(read_outputs(folder.path(), "net", run).at("classes"), expected[static_cast<std::size_t>(run)]),
                "")
          << "batch " << kBatches[run];
  }
  CRESSET_SKIP_WITHOUT_RUNTIME();
}

TEST(OnnxModels, WeightsBesideTheFileAreFound) {
  CRESSET_SKIP_WITHOUT_RUNTIME();
  const ScratchFolder folder;
  const auto net = models::make("cifar_net");
  const Tensor x = randn({2, 3, 32, 32});
  export_onnx(*net, x, folder / "net.onnx", {.external_data = true});
  EXPECT_LT(std::filesystem::file_size(folder / "net.onnx"), 20'000u);
  EXPECT_GT(std::filesystem::file_size(folder / "net.onnx.data"), 60'000u * 4);
  write_inputs(folder.path(), "net", {x}, {"input"});
  EXPECT_EQ(run_models(folder.path()).at("net"), "ok");
  EXPECT_EQ(too_far(read_outputs(folder.path(), "net").at("output"), (*net)(x).detach()), "");
}

TEST(OnnxModels, OpenCvReadsTheNetworksOfTheSeeds) {
  if (!python_has("cv2")) GTEST_SKIP() << python() << " has no cv2 (CRESSET_TEST_PYTHON names another)";
  const ScratchFolder folder;
  std::map<std::string, Tensor> expected;
  const auto add = [&](const std::string& name, nn::Module& net, const Shape& shape, bool dynamic) {
    const Tensor x = randn(shape);
    export_onnx(net, x, folder / (name + ".onnx"),
                {.input_names = {"image"},
                 .output_names = {"classes"},
                 .dynamic_axes = dynamic ? std::map<std::string, DynamicAxes>{{"image", {{0, "batch"}}}}
                                         : std::map<std::string, DynamicAxes>{}});
    write_inputs(folder.path(), name, {x}, {"image"});
    const NoGradGuard no_grad;
    expected[name] = net(x);
  };
  manual_seed(3);
  for (const char* name : {"cifar_net", "mnist_cnn", "mnist_net", "conv_net", "lenet"}) {
    const auto net = models::make(name);
    net->eval();
    Shape shape = models::info(name).input;
    shape.insert(0, 3);
    add(name, *net, shape, false);
    add(std::string(name) + "_dynamic", *net, shape, true);
  }
  const std::string log = folder / "log";
  ASSERT_EQ(
      std::system(
          (python() + " " CRESSET_TEST_DIR "/onnx/opencv_dnn.py " + folder.path() + " > " + log + " 2>&1").c_str()),
      0)
      << read_text(log);
  const auto results = nlohmann::json::parse(read_text(folder / "opencv.json"));
  for (const auto& [name, wanted] : expected) {
    ASSERT_EQ(results.at(name).get<std::string>(), "ok") << name;
    EXPECT_EQ(too_far(load(folder / (name + ".cv.0.safetensors")).at("output"), wanted, 1e-4), "") << name;
  }
}

}  // namespace
}  // namespace cresset::test
#else
TEST(OnnxModels, InOtherPrograms) { GTEST_SKIP() << "built without ONNX"; }
#endif
