// Finds reads of memory that nothing has written: a kernel runs twice, with two patterns in shared memory and in device
// memory that is still as it was allocated, but the same order of threads. Where its results differ, they depend on the
// pattern. Nothing else can differ, so nothing is reported for nothing; what does not reach a result is not found.
#include <cstring>

#include "device.h"
#include "report.h"
#include "runner.h"
#include "work.h"

namespace cudasim {
namespace {

constexpr unsigned char kFirst = 0xff, kSecond = 0x55;

/// The first byte that differs for another reason than not having been written by either run; the size where none does.
size_t first_difference(const Snapshot& s, const std::vector<char>& one) {
  const auto* two = s.allocation->base;
  for (size_t i = 0; i < one.size(); ++i) {
    if (one[i] == two[i]) continue;
    const bool untouched = s.fresh && one[i] == static_cast<char>(kFirst) && two[i] == static_cast<char>(kSecond);
    if (!untouched) return i;
  }
  return one.size();
}

}  // namespace

cudaError run_twice(Launch& launch, const SharedLimits& limits, Random* random) {
  Memory& memory = Runtime::instance().memory;
  memory.close();
  memory.take_snapshots(true);
  Random again = random ? *random : Random(0);
  const cudaError error = Runner::instance().run(launch, limits, random, kFirst);
  if (error != cudaSuccess) {
    memory.take_snapshots(false);
    return error;
  }
  std::vector<std::vector<char>> results;
  for (const Snapshot& s : memory.snapshots()) {
    char* base = s.allocation->base;
    results.emplace_back(base, base + s.allocation->bytes);
    if (s.fresh) {
      std::memset(base, kSecond, s.allocation->bytes);
    } else {
      std::memcpy(base, s.before.data(), s.before.size());
    }
  }
  const cudaError second = Runner::instance().run(launch, limits, random ? &again : nullptr, kSecond);
  bool told = false;
  for (size_t i = 0; i < memory.snapshots().size(); ++i) {
    const Snapshot& s = memory.snapshots()[i];
    // Only the second run has touched what comes after.
    const std::vector<char>& keep = i < results.size() ? results[i] : s.before;
    const size_t at = first_difference(s, keep);
    if (!told && at != keep.size()) {
      told = true;
      report("uninitialised read",
             format("kernel %s: byte %zu of an allocation of %zu bytes depends on what was in memory before it was "
                    "written",
                    kernel_name(*launch.kernel).c_str(), at, keep.size()));
    }
    std::memcpy(s.allocation->base, keep.data(), keep.size());
  }
  memory.take_snapshots(false);
  return second;
}

}  // namespace cudasim
