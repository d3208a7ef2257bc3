// What the simulator finds wrong, in words.
#pragma once

#include <string>
#include <vector>

#include "cudasim/launch.h"

namespace cudasim {

/// Appends "cudasim: <kind>: <text>" to the reports and prints it.
void report(const char* kind, const std::string& text);
/// "cresset::kernels::conv2d_kernel<16, cresset::Half>", and the same without namespaces before it, out of the
/// __PRETTY_FUNCTION__ of g++ or clang++ (whose names of functions lack template arguments).
std::string variant_name(const Kernel& kernel);
std::string kernel_name(const Kernel& kernel);
/// "file.cu:12 in function" for an address of code; as much of it as the program's debug information gives.
std::string code_location(const void* address);
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

}  // namespace cudasim
