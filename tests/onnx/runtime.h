// ONNX Runtime, in Python, as the judge of exported models.
#pragma once

#include <cresset/cresset.h>

#include <map>
#include <string>
#include <vector>

namespace cresset::test {

// The Python that the test is to use: CRESSET_TEST_PYTHON, or python3.
std::string python();
// Whether it has these packages; asked once for each list.
bool python_has(const std::string& packages);
inline bool has_runtime() { return python_has("numpy, onnx, onnxruntime"); }
#define CRESSET_SKIP_WITHOUT_RUNTIME() \
  if (!cresset::test::has_runtime())   \
  GTEST_SKIP() << cresset::test::python() << " has no onnxruntime (CRESSET_TEST_PYTHON names another)"

// Inputs for the model `name` in a folder; `run` numbers several.
void write_inputs(const std::string& folder, const std::string& name, const std::vector<Tensor>& inputs,
                  const std::vector<std::string>& input_names, int run = 0);
// What the run-time gave, by the names of the outputs.
std::map<std::string, Tensor> read_outputs(const std::string& folder, const std::string& name, int run = 0);
// Runs every model in the folder: "ok", "no kernel", or an error.
std::map<std::string, std::string> run_models(const std::string& folder);

// "" where the largest difference is at most 1e-5 of the largest value.
std::string too_far(const Tensor& got, const Tensor& expected, double relative = 1e-5);

}  // namespace cresset::test
