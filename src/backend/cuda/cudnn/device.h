// Devices as cuDNN knows them: what plans are made for, and running them.
#pragma once

#include "backend/cuda/cudnn/operands.h"
#include "backend/cuda/cudnn/plan.h"

namespace cresset::cuda::backend::cudnn {

// Calls with a handle of the device: no other thread uses it meanwhile. Throws Failure where cuDNN cannot use the
// device.
class HandleLease {
 public:
  explicit HandleLease(int device);
  ~HandleLease();
  HandleLease(const HandleLease&) = delete;
  HandleLease& operator=(const HandleLease&) = delete;
  cudnnHandle_t get() const { return handle_; }
  // What it is called for next goes to the context's stream.
  void use_stream(const Context& context) const;

 private:
  int device_;
  cudnnHandle_t handle_;
};

// A handle of the device, or, where it is simulated, the description of the card that the simulator poses as. Failure
// where cuDNN cannot use the device.
class DeviceTarget {
 public:
  explicit DeviceTarget(int device);
  const Target& get() const { return target_; }

 private:
  std::unique_ptr<HandleLease> lease_;
  Target target_;
};

// The device's name, for what is stored of it.
std::string device_name(int device);

// Gives the plan's work to the context's stream. Operands that are not aligned as cuDNN wants them are copied, which is
// memory beside the plan's workspace. BackendError where it cannot be run.
void execute(Plan& plan, const Context& context, const std::vector<Operand>& operands);

}  // namespace cresset::cuda::backend::cudnn
