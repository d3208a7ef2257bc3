// The processor that this program runs on.
#pragma once

#include <cresset/extension/kernel.h>

#include <string>
#include <string_view>

namespace cresset::program {

// As Linux names it; "unknown" where it does not.
std::string processor_name();
// "avx512_bf16"
std::string_view isa_name(CpuIsa isa);

}  // namespace cresset::program
