// Device memory, which host code cannot touch unnoticed.
//
// Plain builds: an arena of pages without access. While a kernel or copy runs, a fault on a live allocation opens it,
// until the work is over; any other touch is reported. Under AddressSanitizer, allocations are poisoned outside kernels
// and copies; under ThreadSanitizer they are plain heap blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cudasim/runtime_types.h"
#include "order.h"

namespace cudasim {

struct Allocation {
  enum State : unsigned char { kPending, kLive, kFreed };  // pending: its stream has not reached cudaMallocAsync yet
  char* base = nullptr;
  size_t bytes = 0, mapped = 0;
  int device = 0;
  State state = kLive;
  enum Openness : unsigned char { kClosed, kReadable, kWritable };
  Openness open = kClosed;
  bool of_graph = false;  // of a captured cudaMallocAsync: freed, it waits for the next replay
  bool freeing = false;   // cudaFreeAsync has been called, its stream has not come so far
  CUmemPoolHandle_st* pool = nullptr;
  const void* caller = nullptr;  // code that asked for it
  History history;
  bool written = false;  // by any work so far
};

/// An allocation as it was before a kernel.
struct Snapshot {
  Allocation* allocation;
  std::vector<char> before;
  bool fresh;  // nothing had been written to it
};

struct HostBlock {
  size_t bytes;
  bool registered;  // by cudaHostRegister: not ours to free
};

class Memory {
 public:
  Memory();
  /// Null when the host has no memory for it. Filled with 0xff.
  Allocation* allocate(size_t bytes, int device, const void* caller);
  void release(Allocation& allocation);
  /// Fills it with 0xff, as when it was new.
  void refresh(Allocation& allocation);
  /// The allocation that holds the address, freed ones included until their place is needed again; null for host
  /// memory.
  Allocation* find(const void* address);
  /// Whether an allocation began at the address and has been freed.
  bool was_freed(const void* address);
  /// Makes an allocation accessible until close(); while watched, only for what is asked, and notes it.
  void open(Allocation& allocation, bool write);
  /// While watched: the work that runs reads or writes the allocation. Reports what it is not ordered with.
  void note(Allocation& allocation, bool write);
  bool watched() const { return watched_; }
  /// Keeps a copy of each allocation that is opened for writing; off forgets them.
  void take_snapshots(bool on);
  const std::vector<Snapshot>& snapshots() const { return snapshots_; }
  /// Closes everything, and from now on notes what each piece of work reads and writes.
  void watch(bool on);
  /// Opens every live allocation that an argument's bytes point into; under AddressSanitizer all that are live.
  void open_arguments(const void* bytes, size_t count, int device);
  void close();
  std::vector<std::string> describe_live() const;
  size_t live_count() const { return live_count_; }
  size_t live_bytes() const { return live_bytes_; }
  void release_all();
  std::map<char*, HostBlock>& host_blocks() { return host_; }
  /// Whether [address, address + bytes) lies in memory of cudaHostAlloc or cudaHostRegister.
  bool pinned(const void* address, size_t bytes) const;
  bool in_arena(const void* address) const;

 private:
  char* place(size_t mapped);
  void reuse_oldest();

  std::map<char*, Allocation> allocations_;
  std::map<char*, HostBlock> host_;
  bool watched_ = false;
  bool taking_snapshots_ = false;
  std::vector<Snapshot> snapshots_;
  std::vector<Allocation*> opened_;
  std::vector<char*> freed_;  // oldest first, from freed_begin_ on
  size_t freed_begin_ = 0, freed_bytes_ = 0;
  std::set<char*> freed_bases_;            // under sanitizers
  std::multimap<size_t, char*> reusable_;  // by mapped size
  char* arena_ = nullptr;
  size_t arena_used_ = 0;
  size_t live_count_ = 0, live_bytes_ = 0;
};

}  // namespace cudasim

struct CUmemPoolHandle_st {
  int device = 0;
  size_t max_bytes = 0;
  size_t release_threshold = 0;
  size_t used = 0, used_high = 0, reserved = 0, reserved_high = 0;
  bool is_default = false;
};
