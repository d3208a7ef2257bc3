// Counts what a kernel's accesses to memory cost, by enumerating the addresses of each warp: bank conflicts in shared
// memory, sectors in global memory. Kernels are seen where their sources are compiled with what `cudasim_record` of
// CMakeLists.txt brings along; in other programs nothing is counted.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../vector_types.h"
#include "config.h"

namespace cudasim {

/// One access of the source. A request is that access by a warp: the lanes that come to it after as many accesses of
/// those that all lanes make equally often between two __syncthreads, and for the same time since.
struct AccessSite {
  std::string place;  // "gemm.cuh:112 in function"
  bool shared, write;
  unsigned bytes;     // of a lane
  size_t requests;    // over all blocks that ran
  size_t bytes_used;  // different bytes of each request, summed
  size_t lane_bytes;  // bytes of all lanes, summed
  size_t wavefronts;  // shared memory: cycles of its 32 banks of 4 bytes
  size_t wavefronts_ideal;
  size_t sectors;        // global memory: pieces of 32 aligned bytes
  size_t sectors_ideal;  // as many as bytes_used fill
  unsigned phases;       // most phases between two __syncthreads in which one warp came by; from 3 on it is in a loop
  bool in_loop() const { return phases >= 3; }
  size_t conflicts() const { return wavefronts - wavefronts_ideal; }
};

/// One launch.
struct LaunchAccesses {
  std::string kernel;
  std::string place;  // of its definition
  dim3 grid, block;
  size_t dynamic_shared, static_shared;
  size_t blocks;    // that ran
  size_t barriers;  // __syncthreads of a thread, summed over the blocks that ran
  size_t mma;       // mma.sync of a warp, summed in the same way
  std::vector<AccessSite> sites;
};

/// Starts to record. Of each launch only so many blocks run, spread evenly over the grid (0: all of them): the others'
/// results are missing. `places`: finds out file and line of each site, which takes longer than many launches.
CUDASIM_API void record_accesses(size_t blocks_of_launch, bool places = true);
/// Ends it, and gives the launches since, in the order in which they ran.
CUDASIM_API std::vector<LaunchAccesses> take_accesses();

/// An access by the running thread, from the instrumented code before the address `code`.
CUDASIM_API void record_access(const void* address, size_t bytes, bool write, const void* code);

}  // namespace cudasim
