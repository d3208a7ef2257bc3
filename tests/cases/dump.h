// The table as text: for PyTorch (tools/goldens.py) and for readers (docs/ops.md).
#pragma once

#include <string>
#include <string_view>

namespace cresset::test {

// All cases that PyTorch is asked about, as tools/goldens.py reads them.
std::string cases_as_json();
// docs/ops.md; without what follows kCudaHeading, and without cuda among the devices, in a build without CUDA.
std::string ops_page();
inline constexpr std::string_view kCudaHeading = "\n## Kernels on CUDA\n\n";

}  // namespace cresset::test
