// Streams: queues whose work runs late, in an order that the dependences allow and a seed chooses.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "cudasim/launch.h"
#include "cudasim/runtime_types.h"
#include "order.h"

namespace cudasim {

struct Device;
struct Capture;

/// How far a stream has come. Outlives the stream, for events recorded on it.
struct Progress {
  uint64_t completed = 0;
};

struct Dependence {
  std::shared_ptr<Progress> on;
  uint64_t count;
  std::shared_ptr<const Clock> clock;  // of that work
  bool fulfilled() const { return on->completed >= count; }
};

/// A kernel, a copy, a fill: what a stream's turn does.
struct Work {
  virtual ~Work() = default;
  virtual cudaError run(Device& device) = 0;
  /// For reports: "kernel k", "copy".
  virtual std::string what() const { return "work"; }
};

struct Queued {
  std::shared_ptr<Work> work;
  std::vector<Dependence> after;
  uint64_t count;  // its place in the stream
  std::shared_ptr<const Clock> clock;
};

}  // namespace cudasim

struct CUstream_st {
  int device = 0;
  unsigned flags = 0;
  int priority = 0;
  bool destroyed = false;  // goes when its work is done
  std::deque<cudasim::Queued> queue;
  std::vector<cudasim::Dependence> waits;     // of cudaStreamWaitEvent, for the next work
  std::shared_ptr<cudasim::Capture> capture;  // while captured
  std::vector<size_t> captured;               // the nodes that the next one follows
  uint64_t enqueued = 0;
  uint64_t number = 0;  // in the process; 0 until it has work
  std::shared_ptr<const cudasim::Clock> clock = std::make_shared<cudasim::Clock>();
  std::shared_ptr<cudasim::Progress> progress = std::make_shared<cudasim::Progress>();
  bool blocking() const { return (flags & cudaStreamNonBlocking) == 0; }
};

struct CUevent_st {
  unsigned flags = 0;
  int device = 0;
  bool recorded = false;
  cudasim::Dependence at;
  std::weak_ptr<cudasim::Capture> capture;  // recorded in a captured stream:
  std::vector<size_t> captured;             // after these nodes
  std::shared_ptr<double> time;             // seconds; negative until the stream has come so far
};

namespace cudasim {

/// The stream behind a handle, legacy and per-thread ones included; null when it is none.
CUstream_st* resolve(cudaStream_t stream);
/// Makes the node that a captured stream's next work becomes.
void add_node(CUstream_st& stream, std::shared_ptr<Work> work);
/// Appends work, to the capture where the stream is captured; `error` of an earlier kernel comes back instead where the
/// device has one.
cudaError append(CUstream_st& stream, std::shared_ptr<Work> work);
/// Runs work until all of it is done: of one stream, of a device, or up to a dependence. Counts no synchronisation.
cudaError run_stream(CUstream_st& stream);
cudaError run_device(Device& device);
cudaError run_until(Device& device, const Dependence& goal);
/// One piece of work of any stream; false when none can run.
bool run_one(Device& device);

}  // namespace cudasim
