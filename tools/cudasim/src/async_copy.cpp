#include "cudasim/async_copy.h"

#include "accesses.h"
#include "cudasim/tensor_core.h"
#include "report.h"
#include "runner.h"

namespace cudasim {

void issue_copy(const AsyncCopy& copy, Where where) {
  Runner& runner = Runner::instance();
  require_sm(80, "cp.async", where);
  const auto address = reinterpret_cast<uintptr_t>(copy.to) | reinterpret_cast<uintptr_t>(copy.from);
  if (address % copy.bytes != 0) {
    runner.fail("misaligned address", cudaErrorMisalignedAddress,
                format("cp.async at %s:%d: not aligned to its %u bytes", where.file, where.line, copy.bytes));
  }
  if (copy.from_bytes > copy.bytes) {
    runner.fail("invalid copy", cudaErrorLaunchFailure,
                format("cp.async at %s:%d: %u bytes of a source for a copy of %u", where.file, where.line,
                       copy.from_bytes, copy.bytes));
  }
  if (recording) {
    record_access(copy.to, copy.bytes, true, where);
    if (copy.from_bytes != 0) record_access(copy.from, copy.from_bytes, false, where);
  }
  Thread& me = *runner.now;
  if (me.copies == Runner::kMaxCopies) {
    runner.fail("unfinished copy", cudaErrorLaunchFailure,
                format("cp.async at %s:%d: the simulator takes %u copies a thread that are not waited for", where.file,
                       where.line, Runner::kMaxCopies));
  }
  AsyncCopy& kept = runner.copies_of(me)[me.copies++];
  kept = copy;
  kept.group = me.copy_group;
}

void commit_copies() { ++Runner::instance().now->copy_group; }

unsigned copies_to_land(int pending, const AsyncCopy** copies) {
  Runner& runner = Runner::instance();
  const Thread& me = *runner.now;
  if (me.copies == 0) return 0;
  const AsyncCopy* own = runner.copies_of(me);
  *copies = own;
  if (pending < 0) return me.copies;
  unsigned count = 0;
  while (count < me.copies && own[count].group + static_cast<unsigned>(pending) < me.copy_group) ++count;
  return count;
}

void copies_landed(unsigned count) {
  if (count == 0) return;
  Runner& runner = Runner::instance();
  Thread& me = *runner.now;
  AsyncCopy* own = runner.copies_of(me);
  for (unsigned i = count; i < me.copies; ++i) own[i - count] = own[i];
  me.copies -= count;
}

}  // namespace cudasim
