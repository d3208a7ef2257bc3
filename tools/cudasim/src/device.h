// Simulated devices and the state of the runtime.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "cudasim.h"
#include "cudasim/runtime_api.h"
#include "memory.h"
#include "random.h"
#include "stream.h"

namespace cudasim {

struct Device {
  int index = 0;
  cudaDeviceProp properties{};
  cudaError sticky = cudaSuccess;  // once a kernel has failed, every call fails
  size_t used = 0;                 // bytes of cudaMalloc, and what pools reserve
  CUstream_st legacy, per_thread;
  std::list<std::unique_ptr<CUstream_st>> streams;
  std::unique_ptr<CUmemPoolHandle_st> default_pool;
  CUmemPoolHandle_st* pool = nullptr;
  std::vector<bool> peers;  // whose memory its kernels may touch
};

/// Everything, behind one lock. Never destroyed: nothing of CUDA may run at process exit.
class Runtime {
 public:
  static Runtime& instance();

  std::recursive_mutex mutex;
  Settings settings;
  std::vector<std::unique_ptr<Device>> devices;
  Memory memory;
  Counters counters{};
  Random random{1};
  std::map<const void*, int> dynamic_shared_limits;  // by kernel, cudaFuncSetAttribute
  std::list<CUmemPoolHandle_st*> pools;
  std::set<CUevent_st*> events;
  Turn turn;         // the work that runs, for Memory
  Clock host_clock;  // what the host has waited for
  uint64_t streams_numbered = 0;
  std::vector<std::weak_ptr<Capture>> captures;
  int running_device = 0;  // whose kernel runs

  void reset(const Settings& next);
  Device& current();

 private:
  Runtime();
};

/// Which device this host thread uses, and its last error.
int& current_device();
cudaError& last_error();
/// Remembers an error for cudaGetLastError and gives it back.
cudaError remember(cudaError error);

/// Ends a stream-ordered allocation, wherever it stands.
void release_to_pool(char* base);

cudaDeviceProp properties_of(int sm, int index);

/// Begins each function of the runtime: takes the lock.
struct Call {
  Runtime& runtime = Runtime::instance();
  std::lock_guard<std::recursive_mutex> lock{runtime.mutex};
};

}  // namespace cudasim
