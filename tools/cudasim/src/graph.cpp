#include "graph.h"

#include "device.h"

namespace cudasim {

GraphMemory::~GraphMemory() {
  for (char* base : bases) {
    const Allocation* a = Runtime::instance().memory.find(base);
    if (a != nullptr && a->of_graph) release_to_pool(base);
  }
}

cudaError GraphWork::run(Device& device) {
  Runtime& runtime = Runtime::instance();
  std::vector<bool> done(body->nodes.size());
  for (size_t finished = 0; finished < done.size(); ++finished) {
    size_t chosen = 0;
    uint64_t candidates = 0;
    for (size_t i = 0; i < done.size(); ++i) {
      bool ready = !done[i];
      for (const size_t before : body->nodes[i].after) ready &= done[before];
      // Without a seed the first; otherwise each with the same chance.
      if (ready && (runtime.settings.seed == 0 ? ++candidates == 1 : runtime.random.below(++candidates) == 0))
        chosen = i;
    }
    done[chosen] = true;
    if (const cudaError error = body->nodes[chosen].work->run(device); error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

cudaError unsafe_in_capture() {
  for (const auto& weak : Runtime::instance().captures) {
    const auto capture = weak.lock();
    if (!capture || capture->mode == cudaStreamCaptureModeRelaxed) continue;
    if (capture->mode == cudaStreamCaptureModeThreadLocal && capture->thread != std::this_thread::get_id()) continue;
    capture->invalidated = true;
    return cudaErrorStreamCaptureUnsupported;
  }
  return cudaSuccess;
}

void leave_capture(const Capture& capture) {
  for (auto& device : Runtime::instance().devices) {
    const auto leave = [&](CUstream_st& s) {
      if (s.capture.get() != &capture) return;
      s.capture.reset();
      s.captured.clear();
    };
    leave(device->per_thread);
    for (auto& s : device->streams) leave(*s);
  }
}

bool all_joined(const GraphBody& body, const std::vector<size_t>& last) {
  std::vector<bool> reached(body.nodes.size());
  for (const size_t i : last) reached[i] = true;
  // A node comes after those it depends on, so one pass from the end is enough.
  for (size_t i = body.nodes.size(); i-- > 0;) {
    if (!reached[i]) return false;
    for (const size_t before : body.nodes[i].after) reached[before] = true;
  }
  return true;
}

}  // namespace cudasim
