// The clocks of an NVIDIA GPU while it computes, from the driver's management library.
#pragma once

#include <cresset/device.h>

#include <memory>
#include <optional>
#include <string>

namespace cresset::program::bench {

struct Clocks {
  int sm_mhz = 0, memory_mhz = 0;
  std::string held_back;  // why they are lower than they could be: "power", "heat", "a setting"; "" where they are not
};

// Figures of the driver that roofs are computed from.
struct GpuFigures {
  std::string driver;        // "570.86"; "" where unknown
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  double boost_hz = 0;   // of the multiprocessors
  double memory_hz = 0;  // two transfers each
  int memory_bits = 0;
};

// Opens libcuda and libnvidia-ml where they are; without them there are no figures and no clocks.
class GpuMonitor {
 public:
  explicit GpuMonitor(const Device& device);
  ~GpuMonitor();
  GpuMonitor(const GpuMonitor&) = delete;
  GpuMonitor& operator=(const GpuMonitor&) = delete;

  std::optional<GpuFigures> figures() const;
  std::optional<Clocks> clocks() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::program::bench
