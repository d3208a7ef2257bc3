// What one thread forces, on top of the process's settings.
#pragma once

#include <cresset/dispatch.h>

#include <string>
#include <string_view>
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

// Whether the calling thread forces, or prefers, that kernel of that slot.
bool forces_kernel(std::string_view slot, std::string_view kernel);

}  // namespace cresset
