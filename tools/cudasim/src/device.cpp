#include "device.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "faults.h"
#include "report.h"

namespace cudasim {
namespace {

size_t from_environment(const char* name, size_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 0);
}

Settings environment() {
  Settings s;
  s.seed = static_cast<unsigned>(from_environment("CRESSET_SIM_SEED", s.seed));
  s.devices = static_cast<int>(from_environment("CRESSET_SIM_DEVICES", static_cast<size_t>(s.devices)));
  s.sm = static_cast<int>(from_environment("CRESSET_SIM_SM", static_cast<size_t>(s.sm)));
  s.memory = from_environment("CRESSET_SIM_MEMORY", s.memory);
  s.driver = static_cast<int>(from_environment("CRESSET_SIM_DRIVER", static_cast<size_t>(s.driver)));
  s.no_code = from_environment("CRESSET_SIM_NO_CODE", 0) != 0;
  s.uninitialised = from_environment("CRESSET_SIM_UNINITIALISED", 0) != 0;
  return s;
}

}  // namespace

// The figures of a T4, an A100 and an H100 (CUDA programming guide, "Compute Capabilities"; data sheets).
cudaDeviceProp properties_of(int sm, int index) {
  cudaDeviceProp p{};
  const bool turing = sm < 80, hopper = sm >= 90;
  std::snprintf(p.name, sizeof p.name, "cudasim %s (simulated)", turing ? "T4" : hopper ? "H100" : "A100");
  p.major = sm / 10;
  p.minor = sm % 10;
  p.totalGlobalMem = size_t{turing ? 15u : hopper ? 80u : 40u} << 30;
  p.sharedMemPerBlock = 48 << 10;
  p.sharedMemPerBlockOptin = size_t{turing ? 64u : hopper ? 227u : 163u} << 10;
  p.sharedMemPerMultiprocessor = size_t{turing ? 64u : hopper ? 228u : 164u} << 10;
  p.reservedSharedMemPerBlock = turing ? 0 : 1024;
  p.regsPerBlock = p.regsPerMultiprocessor = 65536;
  p.warpSize = 32;
  p.memPitch = 0x7fffffff;
  p.maxThreadsPerBlock = 1024;
  p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
  p.maxThreadsDim[2] = 64;
  p.maxGridSize[0] = 0x7fffffff;
  p.maxGridSize[1] = p.maxGridSize[2] = 65535;
  p.totalConstMem = 64 << 10;
  p.multiProcessorCount = turing ? 40 : hopper ? 132 : 108;
  p.maxThreadsPerMultiProcessor = turing ? 1024 : 2048;
  p.maxBlocksPerMultiProcessor = turing ? 16 : 32;
  p.memoryBusWidth = turing ? 256 : 5120;
  p.l2CacheSize = (turing ? 4 : hopper ? 50 : 40) << 20;
  p.canMapHostMemory = p.concurrentKernels = p.unifiedAddressing = p.streamPrioritiesSupported = 1;
  p.cooperativeLaunch = p.memoryPoolsSupported = 1;
  p.asyncEngineCount = 2;
  p.pciBusID = index + 1;
  std::snprintf(p.uuid.bytes, sizeof p.uuid.bytes, "cudasim%d", index);
  return p;
}

int& current_device() {
  static thread_local int device = 0;
  return device;
}

cudaError& last_error() {
  static thread_local cudaError error = cudaSuccess;
  return error;
}

cudaError remember(cudaError error) {
  if (error != cudaSuccess) last_error() = error;
  return error;
}

Runtime& Runtime::instance() {
  static auto& runtime = *new Runtime;
  return runtime;
}

Runtime::Runtime() {
  reset(environment());
  install_fault_handler();
}

void Runtime::reset(const Settings& next) {
  memory.release_all();
  for (CUmemPoolHandle_st* pool : pools) {
    if (!pool->is_default) delete pool;
  }
  pools.clear();
  for (CUevent_st* event : events) delete event;
  events.clear();
  devices.clear();
  settings = next;
  random = Random(next.seed);
  counters = {};
  captures.clear();
  turn = {};
  host_clock.clear();
  streams_numbered = 0;
  for (int i = 0; i < next.devices; ++i) {
    auto d = std::make_unique<Device>();
    d->index = i;
    d->properties = properties_of(next.sm, i);
    if (next.memory != 0) d->properties.totalGlobalMem = next.memory;
    d->legacy.device = d->per_thread.device = i;
    d->default_pool = std::make_unique<CUmemPoolHandle_st>();
    d->default_pool->device = i;
    d->default_pool->is_default = true;
    d->pool = d->default_pool.get();
    pools.push_back(d->pool);
    d->peers.assign(static_cast<size_t>(next.devices), false);
    d->peers[static_cast<size_t>(i)] = true;
    devices.push_back(std::move(d));
  }
  last_error() = cudaSuccess;
  current_device() = 0;
}

Device& Runtime::current() { return *devices[static_cast<size_t>(current_device())]; }

Settings settings() {
  Call call;
  return call.runtime.settings;
}

void reset(const Settings& next) {
  Call call;
  call.runtime.reset(next);
}

Counters counters() {
  Call call;
  Counters c = call.runtime.counters;
  c.allocations = call.runtime.memory.live_count();
  c.bytes = call.runtime.memory.live_bytes();
  return c;
}

void report_leaks() {
  for (const std::string& leak : leaks()) report("leak", leak);
}

std::vector<std::string> leaks() {
  Call call;
  return call.runtime.memory.describe_live();
}

}  // namespace cudasim
