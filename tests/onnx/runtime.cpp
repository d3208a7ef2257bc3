#include "onnx/runtime.h"

#include <cresset/io/safetensors.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "support/argument.h"
#include "support/scratch_folder.h"
#include "test_paths.h"

namespace cresset::test {

std::string python() {
  const char* named = std::getenv("CRESSET_TEST_PYTHON");
  return named ? named : "python3";
}

bool python_has(const std::string& packages) {
  static auto* known = new std::map<std::string, bool>;
  const auto [at, asked] = known->try_emplace(packages, false);
  if (asked) at->second = std::system((python() + " -c 'import " + packages + "' 2> /dev/null").c_str()) == 0;
  return at->second;
}

void write_inputs(const std::string& folder, const std::string& name, const std::vector<Tensor>& inputs,
                  const std::vector<std::string>& input_names, int run) {
  StateDict given;
  for (std::size_t i = 0; i < inputs.size(); ++i) given.set(input_names[i], inputs[i].detach().contiguous());
  save(given, fmt::format("{}/{}.in.{}.safetensors", folder, name, run));
}

std::map<std::string, Tensor> read_outputs(const std::string& folder, const std::string& name, int run) {
  std::map<std::string, Tensor> outputs;
  for (const auto& [key, tensor] : load(fmt::format("{}/{}.out.{}.safetensors", folder, name, run)))
    outputs.emplace(key, tensor);
  return outputs;
}

std::map<std::string, std::string> run_models(const std::string& folder) {
  const std::string log = folder + "/log";
  const int status =
      std::system((python() + " " CRESSET_TEST_DIR "/onnx/run_models.py " + folder + " > " + log + " 2>&1").c_str());
  EXPECT_EQ(status, 0) << read_text(log);
  if (status != 0) return {};
  return nlohmann::json::parse(read_text(folder + "/results.json")).get<std::map<std::string, std::string>>();
}

std::string too_far(const Tensor& got, const Tensor& expected, double relative) {
  if (got.dtype() != expected.dtype() || got.shape() != expected.shape())
    return fmt::format("is {}{}, expected {}{}", name(got.dtype()), got.shape().str(), name(expected.dtype()),
                       expected.shape().str());
  const auto a = to_doubles(got), b = to_doubles(expected);
  double largest = 0;
  for (const double v : b)
    if (std::isfinite(v)) largest = std::max(largest, std::fabs(v));
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) || std::fabs(a[i] - b[i]) <= relative * largest)
      continue;
    return fmt::format("element {} is {:.9g}, expected {:.9g}; the largest value is {:.9g}", i, a[i], b[i], largest);
  }
  return "";
}

}  // namespace cresset::test
