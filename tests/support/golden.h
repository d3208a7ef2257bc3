// PyTorch's answers: safetensors files, which tools/goldens.py writes.
#pragma once

#include <cresset/tensor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cresset::test {

struct GoldenCase {
  std::map<std::string, Tensor> tensors;  // "out0", "grad1", …
  std::map<std::string, Shape> strides;   // of the outputs
  std::string text, error;
};

// The folder of the files. Where it is empty, as it is at first, nothing is compared with them.
std::string& golden_folder();

// The answer to one case of an op; none where there is no such file or case. Files are read once.
std::optional<GoldenCase> golden(const std::string& op, const std::string& name);

}  // namespace cresset::test
