#include "backend/cuda/cudnn/descriptor.h"

#include <fmt/format.h>

#include <algorithm>

#include "backend/cuda/cudnn/library.h"

namespace cresset::cuda::backend::cudnn {

void check_status(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char words[512] = "";
  library().call.last_error_string(words, sizeof words);
  std::string text = fmt::format("{}: {}", call, library().call.error_string(status));
  if (words[0] != '\0') text += fmt::format(" ({})", words);
  throw Failure(status, text);
}

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) {
  check_status(library().call.create_descriptor(type, &handle_), "cudnnBackendCreateDescriptor");
}
Descriptor::~Descriptor() {
  if (handle_) library().call.destroy_descriptor(handle_);
}

void Descriptor::finalize() { check_status(library().call.finalize(handle_), "cudnnBackendFinalize"); }

void Descriptor::set_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                         const void* values) {
  check_status(library().call.set_attribute(handle_, name, type, count, values), "cudnnBackendSetAttribute");
}

std::int64_t Descriptor::get_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t room,
                                 void* values) const {
  std::int64_t count = 0;
  check_status(library().call.get_attribute(handle_, name, type, room, &count, values), "cudnnBackendGetAttribute");
  return room == 0 ? count : std::min(count, room);
}

std::vector<Descriptor> Descriptor::get_descriptors(cudnnBackendAttributeName_t name,
                                                    cudnnBackendDescriptorType_t type) const {
  std::vector<Descriptor> made;
  const std::int64_t room = get_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
  std::vector<cudnnBackendDescriptor_t> handles;
  for (std::int64_t i = 0; i < room; ++i) handles.push_back(made.emplace_back(type).handle());
  // The number given beforehand may be an estimate: the rest stays empty.
  if (room > 0)
    made.erase(made.begin() + get_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, room, handles.data()), made.end());
  return made;
}

}  // namespace cresset::cuda::backend::cudnn
