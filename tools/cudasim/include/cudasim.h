// What a test asks of the simulator beside CUDA's functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cudasim/config.h"
#include "cudasim/runtime_types.h"

namespace cudasim {

struct Settings {
  unsigned seed = 1;  // CRESSET_SIM_SEED: order of streams, threads and blocks; 0 runs everything at once and in order
  int devices = 1;    // CRESSET_SIM_DEVICES
  int sm = 80;        // CRESSET_SIM_SM: 75, 80 or 90
  size_t memory = 0;  // CRESSET_SIM_MEMORY: bytes of a device; 0 is the GPU's own size
  int driver = CUDART_VERSION;  // CRESSET_SIM_DRIVER: the CUDA version that the driver knows; 0: there is none
  bool no_code = false;         // CRESSET_SIM_NO_CODE=1: the program holds no code for this GPU
  bool uninitialised = false;  // CRESSET_SIM_UNINITIALISED=1: runs each kernel twice, with two patterns in fresh memory
};

/// Counted since the last reset(), over all devices.
struct Counters {
  size_t launches;
  size_t copies;
  size_t synchronisations;  // calls that made the host wait, implicit ones too
  size_t allocations;       // now alive, of device memory
  size_t bytes;             // of those
};

CUDASIM_API Settings settings();
/// Starts anew, as in a new process: streams, errors, memory and counters of all devices go. No kernel may be running.
CUDASIM_API void reset(const Settings& settings);
CUDASIM_API Counters counters();
/// What was found wrong since the last reset() or take_reports(), in words, oldest first.
CUDASIM_API std::vector<std::string> take_reports();
/// Every kernel that the loaded libraries can launch, each instance of a template, and its launches in this process.
struct KernelLaunches {
  std::string name;
  size_t launches;
};
CUDASIM_API std::vector<KernelLaunches> kernels();
/// One line for each device allocation that is alive; empty when nothing leaks.
CUDASIM_API std::vector<std::string> leaks();
/// Makes a report of each.
CUDASIM_API void report_leaks();
/// Reports go to stderr, too, unless switched off.
CUDASIM_API void print_reports(bool print);

}  // namespace cudasim
