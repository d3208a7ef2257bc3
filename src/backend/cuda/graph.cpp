#include "backend/cuda/graph.h"

#include <vector>

#include "backend/cuda/graph_memory.h"
#include "backend/cuda/memory.h"
#include "backend/cuda/synchronize.h"

namespace cresset::cuda::backend {
namespace {

struct CapturedGraph {
  int device;
  cudaStream_t stream = nullptr;  // of the capture; nothing ever runs on it
  cudaGraphExec_t executable = nullptr;
  GraphMemory* memory = nullptr;
  bool reports = false;
  std::vector<const void*> pinned = {};  // blocks that replays copy from and to
};

thread_local CapturedGraph* t_capture = nullptr;

CapturedGraph& graph_of(void* graph) { return *static_cast<CapturedGraph*>(graph); }

// Ends the recording; null where it went wrong.
cudaError_t stop(CapturedGraph& g, cudaGraph_t& recorded) noexcept {
  if (t_capture == &g) t_capture = nullptr;
  stop_capturing(*g.memory);
  const cudaError_t error = cudaStreamEndCapture(g.stream, &recorded);
  ignore_error(error);
  ignore_error(cudaStreamDestroy(g.stream));
  g.stream = nullptr;
  return error;
}

}  // namespace

void* begin_capture(int device, void*& stream) {
  default_stream(device);  // what a device needs once cannot be made within a capture
  activate(device);
  auto* g = new CapturedGraph{.device = device};
  cudaError_t error = cudaStreamCreateWithFlags(&g->stream, cudaStreamNonBlocking);
  // Relaxed: other threads, and this one's allocations, are not the capture's. What must not be captured is refused
  // by the core, with the op's name.
  if (error == cudaSuccess) error = cudaStreamBeginCapture(g->stream, cudaStreamCaptureModeRelaxed);
  if (error != cudaSuccess) {
    if (g->stream) ignore_error(cudaStreamDestroy(g->stream));
    delete g;
    check_cuda(error, "beginning the capture of a graph");
  }
  g->memory = new_graph_memory(device);
  t_capture = g;
  stream = g->stream;
  return g;
}

void end_capture(void* graph) {
  CapturedGraph& g = graph_of(graph);
  activate(g.device);
  cudaGraph_t recorded = nullptr;
  check_cuda(stop(g, recorded), "ending the capture of a graph");
  const cudaError_t error = cudaGraphInstantiateWithFlags(&g.executable, recorded, 0);
  ignore_error(cudaGraphDestroy(recorded));
  check_cuda(error, "making a graph of what was captured");
}

void replay(void* graph, void* stream) {
  const CapturedGraph& g = graph_of(graph);
  activate(g.device);
  if (g.reports) note_reports(g.device);
  check_cuda(cudaGraphLaunch(g.executable, stream_of(stream)), "replaying a graph");
}

void destroy_graph(void* graph) noexcept {
  try {
    CapturedGraph& g = graph_of(graph);
    activate(g.device);
    if (g.stream) {
      cudaGraph_t recorded = nullptr;
      if (stop(g, recorded) == cudaSuccess) ignore_error(cudaGraphDestroy(recorded));
    }
    if (g.executable) ignore_error(cudaGraphExecDestroy(g.executable));
    // A replay may still run: what it uses is given back by a call that waits for the device.
    drop_graph_memory(*g.memory);
    for (const void* block : g.pinned) release_pinned_hold(block);
    delete &g;
  } catch (...) {  // a device that has failed keeps its memory until the process ends
  }
}

bool is_capturing(int device) noexcept { return t_capture && t_capture->device == device; }
GraphMemory* memory_of_capture(int device) noexcept { return is_capturing(device) ? t_capture->memory : nullptr; }
void note_reports_of_capture() noexcept {
  if (t_capture) t_capture->reports = true;
}
void hold_pinned_for_capture(const void* address) { t_capture->pinned.push_back(address); }

}  // namespace cresset::cuda::backend
