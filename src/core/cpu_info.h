// What this machine's processor can do.
#pragma once

#include <cresset/extension/kernel.h>

#include <string>

namespace cresset {

// The best instruction set of this processor, at most what the environment variable CRESSET_CPU_ISA names (sse4, avx2,
// avx512, avx512_bf16, amx). The first call also caps the vector code and oneDNN, so it must come before the first
// kernel runs. ValueError where the variable holds another word; every later call throws again.
CpuIsa cpu_isa();

// "sse4", "avx2", …: the words of CRESSET_CPU_ISA.
const char* name(CpuIsa isa);

// "AMD EPYC 9B45", as the processor calls itself; "unknown CPU" where it does not say.
std::string cpu_name();

// How many cores this process may use: the affinity mask, and the control group's quota rounded up; at least 1.
int usable_cores();

}  // namespace cresset
