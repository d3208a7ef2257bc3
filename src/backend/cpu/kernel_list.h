// The CPU's kernels.
#pragma once

namespace cresset {

// Registers them all, each slot's in the order in which they are tried. Called once, by the registry.
void register_cpu_kernels();

}  // namespace cresset
