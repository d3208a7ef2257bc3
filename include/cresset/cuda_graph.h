// Graphs: a stretch of a CUDA device's work as one launch. No CUDA header is needed to include this.
#pragma once

#include <cresset/device.h>
#include <cresset/export.h>

#include <memory>

namespace cresset::cuda {

// A stretch of a device's work, recorded once and then replayed as often as wanted by one call: a whole training step,
// say. torch.cuda.CUDAGraph, https://docs.pytorch.org/docs/stable/generated/torch.cuda.CUDAGraph.html
//
// While a thread captures, what it gives to the device is not run but recorded, with the addresses of all tensors: a
// replay reads what stands in them then, so input is copied into the tensors of the capture (`x.copy_(next)`), which
// must live as long as the graph is used. What is allocated meanwhile lies in the graph's own memory: results stay
// where they are and are overwritten by the next replay.
//
// A replay is as the same calls once more: random ops draw the numbers that follow in their generators' streams (the
// capture takes none), and optimisers count a step and use their options as they are then, a changed learning rate for
// one. What the host decides (shapes, train or eval, whether a gradient is there, numbers given as arguments) stays as
// it was.
//
// What waits for the device (item(), cpu(), printing, synchronize(), sending memory that is not pinned) is an
// UnsupportedError with its name. Optimisers must have taken a step before, since their state must not be the graph's.
class CRESSET_API Graph {
 public:
  explicit Graph(const Device& device = DeviceType::cuda);

  // ValueError where the graph holds a capture already, or the thread captures another graph.
  void capture_begin() const;
  // In the same thread.
  void capture_end() const;
  // Captures what `work` does. What it throws ends the capture, without a graph.
  template <class Work>
  void capture(Work work) const {
    capture_begin();
    try {
      work();
    } catch (...) {
      reset();
      throw;
    }
    capture_end();
  }
  // Runs it on the calling thread's current stream, without waiting. ValueError where nothing was captured.
  void replay() const;
  // Forgets the capture, also one that goes on. Memory that tensors still hold goes with them.
  void reset() const;
  bool is_captured() const;
  Device device() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // copies are the same graph
};
// Whether the calling thread captures a graph.
CRESSET_API bool is_current_stream_capturing() noexcept;

}  // namespace cresset::cuda
