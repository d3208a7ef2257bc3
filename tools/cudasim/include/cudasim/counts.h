// What kernels executed, as sums, for programs that are not compiled against the simulator: they look the functions up
// in the loaded library. Counted as accesses.h says, so only kernels compiled for it have accesses.
#pragma once

#include "config.h"

#ifdef __cplusplus
extern "C" {
#endif

// Over the whole grids: where only some blocks ran, what these did times all blocks over those.
struct cudasim_counts {
  double launches;
  double blocks, blocks_run;
  double global_requests;  // instructions of a warp that read or write global memory
  double global_sectors;   // pieces of 32 aligned bytes that these touch
  double shared_requests;  // the same for shared memory, ldmatrix included
  double shared_wavefronts;
  double barriers;  // __syncthreads, of each warp
  double mma;       // mma.sync, of each warp
};

// Of each launch only so many blocks run, spread over the grid (0: all): the others' results are missing.
CUDASIM_API void cudasim_begin_counts(unsigned long blocks_of_launch);
CUDASIM_API void cudasim_end_counts(struct cudasim_counts* counts);

#ifdef __cplusplus
}
#endif
