#include "stream.h"

#include "device.h"
#include "graph.h"
#include "report.h"

namespace cudasim {
namespace {

// A program that never waits would fill the host's memory with work.
constexpr size_t kMostPending = 512;

template <class F>
void each_stream(Device& device, F act) {
  act(device.legacy);
  act(device.per_thread);
  for (auto& stream : device.streams) act(*stream);
}

bool ready(const CUstream_st& stream) {
  if (stream.queue.empty()) return false;
  for (const Dependence& d : stream.queue.front().after) {
    if (!d.fulfilled()) return false;
  }
  return true;
}

void run_front(Device& device, CUstream_st& stream) {
  Queued next = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (device.sticky == cudaSuccess && next.work) {
    Runtime& runtime = Runtime::instance();
    // With a second stream in use it is noted what each piece of work touches: nothing is open when it begins.
    runtime.memory.watch(runtime.streams_numbered > 1);
    if (runtime.memory.watched()) runtime.turn = {stream.number, next.count, next.clock, next.work->what()};
    const cudaError error = next.work->run(device);
    if (error != cudaSuccess) device.sticky = error;
  }
  ++stream.progress->completed;
}

// Work of other devices may be what a device waits for.
bool run_any() {
  for (auto& device : Runtime::instance().devices) {
    if (run_one(*device)) return true;
  }
  return false;
}

template <class Done>
cudaError drive(Device& device, Done done) {
  while (!done()) {
    if (run_one(device) || run_any()) continue;
    report("deadlock", "streams wait for one another");
    device.sticky = cudaErrorLaunchTimeout;
    each_stream(device, [](CUstream_st& s) {
      s.queue.clear();
      s.progress->completed = s.enqueued;
    });
  }
  Runtime::instance().memory.close();
  return device.sticky;
}

}  // namespace

CUstream_st* resolve(cudaStream_t stream) {
  Device& device = Runtime::instance().current();
  if (stream == nullptr || stream == cudaStreamLegacy) return &device.legacy;
  if (stream == cudaStreamPerThread) return &device.per_thread;
  for (auto& d : Runtime::instance().devices) {
    for (auto& s : d->streams) {
      if (s.get() == stream && !s->destroyed) return stream;
    }
  }
  return nullptr;
}

bool run_one(Device& device) {
  CUstream_st* chosen = nullptr;
  uint64_t candidates = 0;
  each_stream(device, [&](CUstream_st& s) {
    if (ready(s) && Runtime::instance().random.below(++candidates) == 0) chosen = &s;
  });
  if (chosen == nullptr) return false;
  run_front(device, *chosen);
  device.streams.remove_if([](auto& s) { return s->destroyed && s->queue.empty(); });
  return true;
}

void add_node(CUstream_st& stream, std::shared_ptr<Work> work) {
  auto& nodes = stream.capture->body.nodes;
  nodes.push_back({std::move(work), std::move(stream.captured)});
  stream.captured = {nodes.size() - 1};
}

cudaError append(CUstream_st& stream, std::shared_ptr<Work> work) {
  Runtime& runtime = Runtime::instance();
  Device& device = *runtime.devices[static_cast<size_t>(stream.device)];
  if (device.sticky != cudaSuccess) return device.sticky;
  if (stream.capture) {
    if (stream.capture->invalidated) return cudaErrorStreamCaptureInvalidated;
    add_node(stream, std::move(work));
    return cudaSuccess;
  }
  if (&stream == &device.legacy) {
    // The legacy stream waits for streams that block, and a captured one has nothing to wait for.
    cudaError error = cudaSuccess;
    each_stream(device, [&](CUstream_st& other) {
      if (!other.capture || !other.blocking()) return;
      other.capture->invalidated = true;
      error = cudaErrorStreamCaptureImplicit;
    });
    if (error != cudaSuccess) return error;
  }
  if (stream.number == 0) stream.number = ++runtime.streams_numbered;
  Queued next{std::move(work), std::move(stream.waits), stream.enqueued + 1, nullptr};
  stream.waits.clear();
  // The legacy stream waits for all that block, and they for it.
  if (&stream == &device.legacy) {
    each_stream(device, [&](CUstream_st& other) {
      if (&other != &stream && other.blocking() && other.progress->completed < other.enqueued) {
        next.after.push_back({other.progress, other.enqueued, other.clock});
      }
    });
  } else if (stream.blocking() && device.legacy.progress->completed < device.legacy.enqueued) {
    next.after.push_back({device.legacy.progress, device.legacy.enqueued, device.legacy.clock});
  }
  auto clock = std::make_shared<Clock>(*stream.clock);
  merge(*clock, runtime.host_clock);
  for (const Dependence& d : next.after) merge(*clock, *d.clock);
  (*clock)[stream.number] = next.count;
  next.clock = stream.clock = clock;
  stream.queue.push_back(std::move(next));
  ++stream.enqueued;
  if (runtime.settings.seed == 0) return run_stream(stream);
  size_t pending = 0;
  each_stream(device, [&](CUstream_st& s) { pending += s.queue.size(); });
  if (pending > kMostPending) {
    for (uint64_t n = runtime.random.below(kMostPending); n > 0 && run_one(device);) --n;
    runtime.memory.close();
  }
  return device.sticky;
}

cudaError run_stream(CUstream_st& stream) {
  Device& device = *Runtime::instance().devices[static_cast<size_t>(stream.device)];
  return run_until(device, {stream.progress, stream.enqueued, stream.clock});
}

cudaError run_device(Device& device) {
  each_stream(device, [](CUstream_st& s) { merge(Runtime::instance().host_clock, *s.clock); });
  return drive(device, [&] {
    bool idle = true;
    each_stream(device, [&](CUstream_st& s) { idle &= s.queue.empty(); });
    return idle;
  });
}

cudaError run_until(Device& device, const Dependence& goal) {
  merge(Runtime::instance().host_clock, *goal.clock);
  return drive(device, [&] { return goal.fulfilled(); });
}

}  // namespace cudasim
