#include "bench_kernels/counts.h"

#include <cresset/cuda.h>
#include <dlfcn.h>

#include <cstdlib>

#include "cudasim/include/cudasim/counts.h"

namespace cresset::program::bench {
namespace {

constexpr unsigned long kBlocksOfLaunch = 16;

template <class Function>
Function* simulator_function(const char* name) {
  // Loaded with the backend; nothing is loaded here.
  void* library = ::dlopen("libcudasim.so", RTLD_NOW | RTLD_NOLOAD);
  return library ? reinterpret_cast<Function*>(::dlsym(library, name)) : nullptr;
}

}  // namespace

void ask_for_counting_kernels() { ::setenv("CRESSET_SIM_COUNTED", "1", 0); }

std::optional<Counts> counts_of(const std::function<void()>& work) {
  static auto* const begin = simulator_function<decltype(cudasim_begin_counts)>("cudasim_begin_counts");
  static auto* const end = simulator_function<decltype(cudasim_end_counts)>("cudasim_end_counts");
  if (!begin || !end) return {};
  cudasim_counts c{};
  begin(kBlocksOfLaunch);
  try {
    work();
    cuda::synchronize();
  } catch (...) {
    end(&c);
    throw;
  }
  end(&c);
  if (c.global_requests == 0) return {};
  return Counts{c.launches,          c.blocks,   c.blocks_run, c.global_requests, c.global_sectors, c.shared_requests,
                c.shared_wavefronts, c.barriers, c.mma};
}

}  // namespace cresset::program::bench
