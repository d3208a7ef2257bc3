// Work of a vendor's library on a stream.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../src/stream.h"

namespace cudasim {

/// A range of device memory that the work reads, or writes.
struct LibraryOperand {
  const void* at;
  size_t bytes;
  bool write;
  const char* name;  // for reports
};

/// Appends `compute` to the stream. Before it runs, each operand is held against its allocation, as a kernel's accesses
/// are: what is out of bounds, freed, or no device memory at all is reported under `name`, and `compute` does not run.
/// False where an earlier error of the device keeps it from being queued.
bool append_library_work(CUstream_st& stream, std::string name, std::vector<LibraryOperand> operands,
                         std::function<void()> compute);

}  // namespace cudasim
