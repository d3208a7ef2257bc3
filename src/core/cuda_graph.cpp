// Graphs: capture and replay.
#include <cresset/cuda_graph.h>

#include <utility>

#include "core/capture.h"
#include "core/check.h"
#include "core/device_functions.h"

namespace cresset::cuda {

struct Graph::Impl {
  explicit Impl(const Device& on) : device(on) {}
  ~Impl() {
    // Another thread's capture cannot be ended here, and what it points to must stay.
    if (capturing && current_capture() != capture.get()) static_cast<void>(capture.release());
    // At the end of the process the driver may be gone: what is left on a device goes with it.
    else if (!process_is_ending())
      release();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // The thread's allocations and work go on as before.
  void leave() noexcept {
    if (current_capture() == capture.get()) {
      set_current_capture(nullptr);
      set_current_device_stream(device, stream_before);
    }
    capturing = false;
  }
  void release() noexcept {
    const DeviceFunctions* functions = find_device_functions(false);
    if (capturing) leave();
    capture.reset();
    if (handle && functions) functions->destroy_graph(handle);
    handle = nullptr;
    ready = false;
  }

  Device device;
  std::unique_ptr<Capture> capture;
  void* handle = nullptr;  // the backend's
  void* stream_before = nullptr;
  bool capturing = false, ready = false;
};

Graph::Graph(const Device& device) : impl_(std::make_shared<Impl>(device)) { device_functions(device); }

void Graph::capture_begin() const {
  Impl& g = *impl_;
  check<ValueError>(!g.capturing && !g.ready, "Graph: holds a capture already: reset() it first");
  check<ValueError>(!current_capture(), "Graph: this thread captures another graph already");
  const DeviceFunctions& functions = device_functions(g.device);
  g.stream_before = given_device_stream(g.device);
  void* stream = nullptr;
  g.handle = functions.begin_capture(g.device.index, stream);
  g.capture = std::make_unique<Capture>(g.device);
  g.capturing = true;
  set_current_capture(g.capture.get());
  set_current_device_stream(g.device, stream);
}

void Graph::capture_end() const {
  Impl& g = *impl_;
  check<ValueError>(g.capturing, "Graph: capture_end() needs a capture_begin() before it");
  check<ValueError>(current_capture() == g.capture.get(), "Graph: a capture ends in the thread where it began");
  g.leave();
  try {
    device_functions(g.device).end_capture(g.handle);
  } catch (...) {
    g.release();
    throw;
  }
  g.ready = true;
}

void Graph::replay() const {
  Impl& g = *impl_;
  check<ValueError>(g.ready, "Graph: nothing has been captured that could be replayed");
  check_not_captured("Graph::replay", g.device);
  void* stream = current_device_stream(g.device);
  g.capture->refill(stream);
  device_functions(g.device).replay(g.handle, stream);
}

void Graph::reset() const {
  check<ValueError>(!impl_->capturing || current_capture() == impl_->capture.get(),
                    "Graph: a capture ends in the thread where it began");
  impl_->release();
}
bool Graph::is_captured() const { return impl_->ready; }
Device Graph::device() const { return impl_->device; }

bool is_current_stream_capturing() noexcept { return current_capture() != nullptr; }

}  // namespace cresset::cuda
