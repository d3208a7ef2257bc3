// What a graph needs of the host while it is captured, and again before each replay: random numbers and the numbers of
// optimiser steps, which kernels of the graph read from device memory.
#pragma once

#include <cresset/device.h>
#include <cresset/random.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/device_functions.h"
#include "core/storage.h"

namespace cresset {

class Capture {
 public:
  explicit Capture(Device device) : device_(device) {}
  Device device() const { return device_; }

  // A stretch of a generator's stream, which moves on with the replays and not with the capture: seed and offset, on
  // the device.
  const std::uint64_t* reserve(const Generator& generator, std::uint64_t blocks);

  // Room for 8-byte numbers on the device, which `fill` writes anew for each replay.
  using Fill = std::function<void(void* numbers)>;
  const void* numbers(std::size_t count, Fill fill);

  // Calls the fills, in the order in which they were given, and sends the numbers in the order of `stream`. Throws what
  // a fill throws, before anything was sent.
  void refill(void* stream);

 private:
  struct Chunk {
    Ref<Storage> on_device;  // of the graph's own memory
    std::vector<std::uint64_t> values;
    std::size_t used = 0;
  };
  struct Source {
    std::size_t chunk, at;
    Fill fill;
  };

  Device device_;
  std::vector<Chunk> chunks_;
  std::vector<Source> sources_;
};

// What the calling thread captures; null where it does not.
Capture* current_capture() noexcept;
void set_current_capture(Capture* capture) noexcept;
// The same for one device.
Capture* capture_of(Device device) noexcept;

// UnsupportedError with the op's name while the calling thread captures on the device: for what waits.
void check_not_captured(const char* op, Device device);

}  // namespace cresset
