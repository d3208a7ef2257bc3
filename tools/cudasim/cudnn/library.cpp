#include "library.h"

#include <dlfcn.h>

#include <cstdlib>

namespace cudasim::cudnn {
namespace {

// Beside this library, in a folder of its own: a file of that name must not be found by anybody else.
void load_driver_stand_in() {
  if (::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD) != nullptr) return;
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(&load_driver_stand_in), &info) == 0) return;
  std::string folder = info.dli_fname;
  const size_t slash = folder.rfind('/');
  folder = slash == std::string::npos ? "." : folder.substr(0, slash);
  // Kept for ever; where it is missing, cuDNN's own errors say what it lacks.
  ::dlopen((folder + "/cudasim_driver_stand_in/libcuda.so.1").c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
}

template <class F>
void find(F& function, void* library, const char* name) {
  function = reinterpret_cast<F>(::dlsym(library, name));
}

Library load() {
  Library found;
  const std::string file = "libcudnn.so." + std::to_string(CUDNN_MAJOR);
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  if (library == nullptr) library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return found;
  load_driver_stand_in();
  find(found.create_descriptor, library, "cudnnBackendCreateDescriptor");
  find(found.destroy_descriptor, library, "cudnnBackendDestroyDescriptor");
  find(found.set_attribute, library, "cudnnBackendSetAttribute");
  find(found.get_attribute, library, "cudnnBackendGetAttribute");
  find(found.last_error, library, "cudnnGetLastErrorString");
  find(found.get_tensor, library, "cudnnGetTensorNdDescriptor");
  return found;
}

}  // namespace

const Library& library() {
  static const Library found = load();
  return found;
}

}  // namespace cudasim::cudnn
