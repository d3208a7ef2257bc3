// Capture of streams into graphs, and what a graph is.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "cudasim/runtime_types.h"
#include "stream.h"

namespace cudasim {

class Random;

/// Memory that a captured cudaMallocAsync gave out: its address stays, its life begins and ends with each replay.
struct GraphMemory {
  std::vector<char*> bases;
  ~GraphMemory();
};

struct GraphNode {
  std::shared_ptr<Work> work;
  std::vector<size_t> after;  // nodes
};

struct GraphBody {
  std::vector<GraphNode> nodes;
  std::shared_ptr<GraphMemory> memory = std::make_shared<GraphMemory>();
};

/// A capture that goes on. Streams hold it; it ends in the stream where it began.
struct Capture {
  unsigned long long id = 0;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  std::thread::id thread;
  CUstream_st* origin = nullptr;
  bool invalidated = false;
  GraphBody body;
};

/// A replay: the nodes in an order that their edges allow.
struct GraphWork final : Work {
  std::shared_ptr<const GraphBody> body;
  cudaError run(Device& device) override;
  std::string what() const override { return "graph"; }
};

/// The error where a capture forbids calls that would wait for, or change, what is not captured. Invalidates the
/// capture.
cudaError unsafe_in_capture();
/// Ends every stream's part in a capture.
void leave_capture(const Capture& capture);
/// Whether every node comes before one of `last`.
bool all_joined(const GraphBody& body, const std::vector<size_t>& last);

}  // namespace cudasim

struct CUgraph_st {
  std::shared_ptr<const cudasim::GraphBody> body;
};

struct CUgraphExec_st {
  std::shared_ptr<const cudasim::GraphBody> body;
};
