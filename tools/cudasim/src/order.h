// Which work comes before which, whatever order it ran in: vector clocks over streams, kept by the host's calls.
//
// Two pieces of work of which neither comes before the other may run at once on a device. If both use an allocation and
// one writes, an event is missing, and that is reported in every run, not only where the order happened to be the wrong
// one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cudasim {

/// For each stream, by its number: how much of its work is known to be over.
using Clock = std::map<uint64_t, uint64_t>;

void merge(Clock& into, const Clock& from);

struct Access {
  uint64_t stream = 0, count = 0;  // the count-th work of the stream; 0: none
  std::string what;
};

/// What has used an allocation since it was last written, and what wrote it.
struct History {
  Access write;
  std::vector<Access> reads;
};

/// The work that runs now.
struct Turn {
  uint64_t stream = 0, count = 0;
  std::shared_ptr<const Clock> clock;
  std::string what;
};

/// Notes that the turn reads or writes; gives back what it conflicts with, or null.
const Access* note_access(History& history, const Turn& turn, bool write);

}  // namespace cudasim
