// Between the runner and the recorder of accesses (include/cudasim/accesses.h).
#pragma once

#include <cstdint>
#include <vector>

#include "runner.h"

namespace cudasim {

/// Whether accesses are recorded; the functions below are for then.
extern bool recording;

/// An access by an instruction that the simulator carries out itself: ldmatrix, cp.async.
void record_access(const void* address, size_t bytes, bool write, Where where);

/// An mma.sync of a warp.
void record_mma();

/// Which of a grid's blocks are to run.
std::vector<uint64_t> blocks_to_record(uint64_t blocks);
void begin_recorded_launch(const Launch& launch);
void end_recorded_block(Runner& runner);
void end_recorded_launch();

}  // namespace cudasim
