// What one thread forces, on top of the process's settings.
#pragma once

#include <cresset/dispatch.h>

#include <string>
#include <vector>

namespace cresset {

struct ForcedKernel {
  std::string op;  // "conv2d", "conv2d.forward" or "*"
  std::string kernel;
  Forcing forcing;
};

struct DispatchState {
  std::vector<ForcedKernel> forced;
};

}  // namespace cresset
