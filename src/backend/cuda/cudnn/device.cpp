#include "backend/cuda/cudnn/device.h"

#include <array>

#include "backend/cuda/cudnn/card.h"
#include "backend/cuda/cudnn/library.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/workspace.h"
#include "device_build.h"

namespace cresset::cuda::backend::cudnn {
namespace {

// As many handles as threads ever used one at a time; they stay.
struct Handles {
  std::mutex mutex;
  std::vector<cudnnHandle_t> idle;
};
Handles& handles_of(int device) {
  static auto* const all = new std::array<Handles, 128>;
  return (*all)[static_cast<std::size_t>(device)];
}

cudnnHandle_t take_handle(int device) {
  Handles& handles = handles_of(device);
  {
    const std::scoped_lock lock(handles.mutex);
    if (!handles.idle.empty()) {
      cudnnHandle_t handle = handles.idle.back();
      handles.idle.pop_back();
      return handle;
    }
  }
  activate(device);
  cudnnHandle_t handle = nullptr;
  check_status(library().call.create(&handle), "cudnnCreate");
  return handle;
}

}  // namespace

HandleLease::HandleLease(int device) : device_(device), handle_(take_handle(device)) {}
HandleLease::~HandleLease() {
  Handles& handles = handles_of(device_);
  const std::scoped_lock lock(handles.mutex);
  handles.idle.push_back(handle_);
}

void HandleLease::use_stream(const Context& context) const {
  check_status(library().call.set_stream(handle_, stream_of(context.stream)), "cudnnSetStream");
}

DeviceTarget::DeviceTarget(int device) {
  if (kDeviceSimulated) {
    target_.card = &card_descriptor(compute_capability(device));
  } else {
    lease_ = std::make_unique<HandleLease>(device);
    target_.handle = lease_->get();
  }
}

std::string device_name(int device) {
  cudaDeviceProp properties{};
  check_cuda(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  return properties.name;
}

void execute(Plan& plan, const Context& context, const std::vector<Operand>& operands) {
  const Workspace workspace(context, static_cast<std::size_t>(plan.workspace));
  const AlignedOperands aligned(context, operands);
  std::vector<std::int64_t> ids;
  for (const Operand& operand : operands) ids.push_back(operand.id);
  try {
    Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
    pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, aligned.pointers());
    pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace.data());
    pack.finalize();
    const HandleLease handle(context.device);
    handle.use_stream(context);
    const std::scoped_lock lock(plan.running);
    check_status(library().call.execute(handle.get(), plan.descriptor.handle(), pack.handle()), "cudnnBackendExecute");
  } catch (const Failure& failure) {
    fail<BackendError>("cuDNN, {}: {}", plan.engine, failure.what());
  }
  aligned.copy_back();
}

}  // namespace cresset::cuda::backend::cudnn
