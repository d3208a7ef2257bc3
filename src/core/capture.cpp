#include "core/capture.h"

#include <algorithm>

#include "core/check.h"

namespace cresset {
namespace {

constexpr std::size_t kChunk = 512;  // numbers that are sent by one copy
thread_local Capture* t_capture = nullptr;

// A block of the graph's own memory that none of its ops has had: what is sent before a replay must outlast all of it.
// The graph gives a block again only to the stream that had it.
Ref<Storage> allocate_unused(std::size_t bytes, Device device) {
  struct DefaultStream {
    explicit DefaultStream(Device on) : device(on), before(given_device_stream(on)) {
      set_current_device_stream(device, nullptr);
    }
    ~DefaultStream() { set_current_device_stream(device, before); }
    Device device;
    void* before;
  };
  const DefaultStream guard(device);
  return allocate_storage(bytes, device);
}

}  // namespace

const std::uint64_t* Capture::reserve(const Generator& generator, std::uint64_t blocks) {
  return static_cast<const std::uint64_t*>(numbers(2, [generator, blocks](void* out) {
    const Generator::State start = generator.reserve(blocks);
    auto* words = static_cast<std::uint64_t*>(out);
    words[0] = start.seed;
    words[1] = start.offset;
  }));
}

const void* Capture::numbers(std::size_t count, Fill fill) {
  if (chunks_.empty() || chunks_.back().used + count > chunks_.back().values.size()) {
    const std::size_t size = std::max(kChunk, count);
    chunks_.push_back({.on_device = allocate_unused(size * sizeof(std::uint64_t), device_),
                       .values = std::vector<std::uint64_t>(size)});
  }
  Chunk& chunk = chunks_.back();
  const std::size_t at = chunk.used;
  chunk.used += count;
  sources_.push_back({chunks_.size() - 1, at, std::move(fill)});
  return chunk.on_device->data + at * sizeof(std::uint64_t);
}

void Capture::refill(void* stream) {
  for (const Source& source : sources_) source.fill(chunks_[source.chunk].values.data() + source.at);
  for (const Chunk& chunk : chunks_)
    device_functions(device_).copy({.to = chunk.on_device->data,
                                    .from = chunk.values.data(),
                                    .bytes = chunk.used * sizeof(std::uint64_t),
                                    .to_device = device_.index,
                                    .from_device = -1,
                                    .to_stream = stream,
                                    .from_stream = nullptr,
                                    .non_blocking = true});
}

Capture* current_capture() noexcept { return t_capture; }
void set_current_capture(Capture* capture) noexcept { t_capture = capture; }
Capture* capture_of(Device device) noexcept { return t_capture && t_capture->device() == device ? t_capture : nullptr; }

void check_not_captured(const char* op, Device device) {
  check<UnsupportedError>(!capture_of(device),
                          "{}: waits for {}, which a graph that is being captured cannot do: call it before the "
                          "capture, or after a replay",
                          op, device);
}

}  // namespace cresset
