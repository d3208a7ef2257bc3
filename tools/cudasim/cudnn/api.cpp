// cuDNN's functions that need a device, under their own names and signatures. The rest of them are the library's.
//
// A variant pack cannot be asked what is in it, so that what is set in one is noted on its way to the library.
#include <cstdio>
#include <cstring>
#include <map>

#include "../src/device.h"
#include "../src/report.h"
#include "../src/stream.h"
#include "execution.h"
#include "handle.h"
#include "library.h"

namespace cudasim::cudnn {
namespace {

struct State {
  std::map<void*, VariantPack> packs;
  struct Plan {
    std::shared_ptr<const Graph> graph;
    size_t workspace_bytes;
  };
  std::map<void*, Plan> plans;  // those that have run
};

/// Behind the runtime's lock.
State& state() {
  static auto& all = *new State;
  return all;
}

std::string& last_message() {
  static thread_local std::string text;
  return text;
}

template <class T>
std::vector<T> copied(int64_t count, const void* values) {
  const auto* first = static_cast<const T*>(values);
  return {first, first + count};
}

void note(VariantPack& pack, cudnnBackendAttributeName_t name, int64_t count, const void* values) {
  switch (name) {
    case CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS: pack.ids = copied<int64_t>(count, values); break;
    case CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS: pack.pointers = copied<void*>(count, values); break;
    case CUDNN_ATTR_VARIANT_PACK_WORKSPACE: std::memcpy(&pack.workspace, values, sizeof pack.workspace); break;
    default: throw Unsupported(format("the variant pack's attribute %d", static_cast<int>(name)));
  }
}

State::Plan read_plan(void* raw) {
  const Library& real = library();
  int64_t length = 0, count = 0, workspace = 0;
  std::string json;
  cudnnStatus_t status =
      real.get_attribute(raw, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, 0, &length, nullptr);
  if (status == CUDNN_STATUS_SUCCESS) {
    json.resize(static_cast<size_t>(length));
    status = real.get_attribute(raw, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, length, &count,
                                json.data());
  }
  if (status == CUDNN_STATUS_SUCCESS) {
    status = real.get_attribute(raw, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &count, &workspace);
  }
  if (status != CUDNN_STATUS_SUCCESS) throw std::invalid_argument("not a finalised plan");
  return {read_graph(json), static_cast<size_t>(workspace)};
}

cudnnStatus_t execute(cudnnHandle_t handle, void* plan, void* pack) {
  State& s = state();
  const auto noted = s.packs.find(pack);
  if (noted == s.packs.end()) throw std::invalid_argument("not a variant pack");
  auto known = s.plans.find(plan);
  if (known == s.plans.end()) known = s.plans.emplace(plan, read_plan(plan)).first;
  CUstream_st* stream = resolve(handle->stream);
  if (stream == nullptr) throw std::invalid_argument("the handle's stream is none");
  if (!append_graph(*stream, known->second.graph, noted->second, known->second.workspace_bytes)) {
    last_message() = "cudasim: the stream takes no work after an earlier error";
    return CUDNN_STATUS_EXECUTION_FAILED;
  }
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace

cudnnStatus_t fail(cudnnStatus_t status, const std::string& text) {
  last_message() = "cudasim: " + text;
  report("cuDNN", text);
  return status;
}

}  // namespace cudasim::cudnn

using namespace cudasim;
using namespace cudasim::cudnn;

extern "C" {

CUDASIM_API cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  Call call;
  if (handle == nullptr) return CUDNN_STATUS_BAD_PARAM;
  if (call.runtime.devices.empty()) return fail(CUDNN_STATUS_NOT_INITIALIZED, "there is no device");
  *handle = new cudnnContext{current_device(), nullptr};
  return CUDNN_STATUS_SUCCESS;
}

CUDASIM_API cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}

CUDASIM_API cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  Call call;
  if (handle == nullptr) return CUDNN_STATUS_BAD_PARAM;
  CUstream_st* target = resolve(stream);
  if (target == nullptr || target->device != handle->device)
    return fail(CUDNN_STATUS_BAD_PARAM, "cudnnSetStream: no stream of the handle's device");
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

CUDASIM_API cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t* stream) {
  if (handle == nullptr || stream == nullptr) return CUDNN_STATUS_BAD_PARAM;
  *stream = handle->stream;
  return CUDNN_STATUS_SUCCESS;
}

CUDASIM_API cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                                       cudnnBackendDescriptor_t* descriptor) {
  const Library& real = library();
  if (!real.found()) return fail(CUDNN_STATUS_NOT_INITIALIZED, "there is no cuDNN");
  const cudnnStatus_t status = real.create_descriptor(type, descriptor);
  if (status == CUDNN_STATUS_SUCCESS && type == CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR) {
    Call call;
    state().packs[*descriptor];
  }
  return status;
}

CUDASIM_API cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  {
    Call call;
    state().packs.erase(descriptor);
    state().plans.erase(descriptor);
  }
  return library().found() ? library().destroy_descriptor(descriptor) : CUDNN_STATUS_NOT_INITIALIZED;
}

CUDASIM_API cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor,
                                                   cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                                   int64_t count, const void* values) {
  const Library& real = library();
  if (!real.found()) return fail(CUDNN_STATUS_NOT_INITIALIZED, "there is no cuDNN");
  // The library would take the simulator's handle for its own.
  if (type == CUDNN_TYPE_HANDLE)
    return fail(CUDNN_STATUS_BAD_PARAM, "plans are made for described devices here, not for a handle's");
  const cudnnStatus_t status = real.set_attribute(descriptor, name, type, count, values);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  Call call;
  const auto pack = state().packs.find(descriptor);
  try {
    if (pack != state().packs.end()) note(pack->second, name, count, values);
  } catch (const Unsupported& error) {
    return fail(CUDNN_STATUS_NOT_SUPPORTED, error.what());
  }
  return status;
}

CUDASIM_API cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                              cudnnBackendDescriptor_t pack) {
  if (handle == nullptr) return CUDNN_STATUS_BAD_PARAM;
  if (!library().found()) return fail(CUDNN_STATUS_NOT_INITIALIZED, "there is no cuDNN");
  Call call;
  try {
    return execute(handle, plan, pack);
  } catch (const Unsupported& error) {
    return fail(CUDNN_STATUS_NOT_SUPPORTED, std::string("the simulator does not know ") + error.what());
  } catch (const std::invalid_argument& error) {
    return fail(CUDNN_STATUS_BAD_PARAM, std::string("cudnnBackendExecute: ") + error.what());
  }
}

CUDASIM_API void cudnnGetLastErrorString(char* message, size_t size) {
  if (!last_message().empty()) {
    std::snprintf(message, size, "%s", last_message().c_str());
    last_message().clear();
  } else if (library().found()) {
    library().last_error(message, size);
  }
}

}  // extern "C"
