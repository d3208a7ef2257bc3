// What streams run: kernels, copies, fills.
#pragma once

#include <vector>

#include "runner.h"
#include "stream.h"

namespace cudasim {

struct KernelWork final : Work {
  std::unique_ptr<Launch> launch;
  explicit KernelWork(Launch* l) : launch(l) {}
  cudaError run(Device& device) override;
  std::string what() const override;
};

struct CopyWork final : Work {
  void* to;
  const void* from;
  size_t to_pitch, from_pitch, width, height;
  std::vector<char> staged;  // pageable host memory is read when the copy is asked for
  cudaError run(Device& device) override;
  std::string what() const override { return "copy"; }
};

struct FillWork final : Work {
  void* to;
  size_t pitch, width, height;
  int value;
  cudaError run(Device& device) override;
  std::string what() const override { return "fill"; }
};

struct HostWork final : Work {
  cudaHostFn_t function;
  void* user_data;
  cudaError run(Device& device) override;
};

/// Runs a kernel so that reads of uninitialised memory are found (uninitialised.cpp). Plain builds only.
cudaError run_twice(Launch& launch, const SharedLimits& limits, Random* random);

/// Checks what a device would check, for enqueue() and the occupancy functions. Reports what is over a limit.
cudaError check_launch(const Device& device, const Launch& launch);
/// The bound that __launch_bounds__ gave the kernel, or the device's own.
int max_threads_of(const Kernel& kernel);
/// Bounds of kernels launched so far, for functions that know only the address.
int max_threads_of(const void* function);

}  // namespace cudasim
