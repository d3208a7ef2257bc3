// NVIDIA's libraries behind the kernels named "cudnn": whether they are there, and how cuDNN's engines are chosen.
//
// Nothing here is needed to use them: dispatch takes cuDNN where a machine has it (docs/cuda.md).
#pragma once

#include <cresset/export.h>

#include <string>
#include <vector>

namespace cresset::cuda {

// A library of NVIDIA's that kernels use where a machine has it.
struct LibraryInfo {
  std::string name;     // "cuDNN"
  std::string version;  // "9.19.0"
  std::string path;     // of its file
  std::string missing;  // why it is not used; "" where it is
};
// All that this build knows of. Each is looked for once, when first asked for. Empty where there is no CUDA backend.
CRESSET_API std::vector<LibraryInfo> libraries();

// For the whole process. Off by default: cuDNN's heuristics choose an engine for a problem. On, the engines that they
// name first are timed when a problem is first run, and the fastest is kept, in a file too, so that the next run takes
// the same: $CRESSET_CUDNN_CHOICES, or cresset/cudnn_choices.txt in $XDG_CACHE_HOME or ~/.cache.
CRESSET_API void search_algorithms(bool search);
CRESSET_API bool searches_algorithms() noexcept;

// How cuDNN computed this thread's last op that it ran, for logs and benchmarks: "eng38{k2=1,k3=0}, workspace 4096
// bytes", or the name of its function. "" before.
CRESSET_API std::string cudnn_engine();

}  // namespace cresset::cuda
