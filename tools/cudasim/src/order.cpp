#include "order.h"

#include <algorithm>

namespace cudasim {
namespace {

bool before(const Access& access, const Turn& turn) {
  if (access.count == 0 || access.stream == turn.stream) return true;
  const auto known = turn.clock->find(access.stream);
  return known != turn.clock->end() && known->second >= access.count;
}

}  // namespace

void merge(Clock& into, const Clock& from) {
  for (const auto& [stream, count] : from) {
    uint64_t& known = into[stream];
    known = std::max(known, count);
  }
}

const Access* note_access(History& history, const Turn& turn, bool write) {
  static Access conflict;
  const Access* found = before(history.write, turn) ? nullptr : &history.write;
  if (write) {
    for (const Access& read : history.reads) {
      if (found == nullptr && !before(read, turn)) found = &read;
    }
  }
  if (found != nullptr) conflict = *found;
  const Access own{turn.stream, turn.count, turn.what};
  if (write) {
    history.write = own;
    history.reads.clear();
  } else {
    // One reader a stream: the latest, which the earlier ones precede.
    std::erase_if(history.reads, [&](const Access& a) { return a.stream == own.stream; });
    history.reads.push_back(own);
  }
  return found != nullptr ? &conflict : nullptr;
}

}  // namespace cudasim
