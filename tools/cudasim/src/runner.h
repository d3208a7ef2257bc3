// Runs a launch: its blocks one after another, each block's threads as fibers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cudasim/async_copy.h"
#include "cudasim/launch.h"
#include "cudasim/runtime_types.h"
#include "random.h"

namespace cudasim {

/// What a kernel may use on its device.
struct SharedLimits {
  size_t static_bytes = 48 << 10;
  size_t total_bytes = 48 << 10;
};

class Runner : public Block {
 public:
  /// One for the process; the runtime's lock keeps it to one OS thread at a time.
  static Runner& instance();

  /// Runs every block. Threads and blocks go in an order drawn from `random`, or ascending without one.
  cudaError run(Launch& launch, const SharedLimits& limits, Random* random, unsigned char poison);

  /// Ends the launch from inside a kernel.
  [[noreturn]] void fail(const char* kind, cudaError error, std::string text);
  /// "kernel k, block (0,0,0), thread (1,0,0)" of the running thread; outside kernels "host code".
  std::string position() const;
  /// "threads 0-15 in __syncthreads at k.cu:7; 16-31 finished"
  std::string waiting() const;
  bool running() const { return running_block == this; }

  void* shared_memory(const void* tag, size_t bytes, bool dynamic);
  bool in_shared_memory(const void* address) const;
  /// Bytes of the running block's arrays, the dynamic one left out.
  size_t static_shared() const;
  Fiber* take_fiber();
  [[noreturn]] void fiber_loop(boost::context::detail::transfer_t transfer);

  static constexpr unsigned kMaxCopies = 128;
  /// cp.async of a thread that has not landed yet: Thread::copies of them.
  AsyncCopy* copies_of(const Thread& thread);

 private:
  struct SharedArray {
    const void* tag;
    void* memory;
    size_t bytes;
  };

  void prepare(Launch& launch);
  void run_block(uint64_t index);
  void shuffle_threads(Random* random);
  void release_shared_memory();
  void make_fibers();
  Fiber* new_fiber();
  void start(Fiber& fiber);
  void rebuild_fibers();

  std::vector<Thread> thread_store_;
  std::vector<Warp> warp_store_;
  std::vector<unsigned> order_store_;
  std::vector<Thread*> ready_store_, barrier_store_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_store_;
  std::vector<AsyncCopy> copy_store_;
  std::vector<SharedArray> shared_;
  std::vector<void*> old_shared_;
  dim3 shape_;
  SharedLimits limits_;
  size_t static_used_ = 0;
  unsigned char poison_ = 0xff;
  cudaError error_ = cudaSuccess;
  // ThreadSanitizer: a fiber a thread, two sets by turns, so that neighbouring blocks are different threads to it.
  std::vector<Fiber*> sets_[2];
  unsigned set_ = 0, taken_ = 0;
  char start_token_ = 0;

  friend struct Block;
};

}  // namespace cudasim
