#include "backend/cuda/cudnn/library.h"

#include <fmt/format.h>

#include <mutex>
#include <set>

#include "backend/cuda/vendor_library.h"
#include "device_build.h"

namespace cresset::cuda::backend::cudnn {
namespace {

// The graph API as it is used here came with 9.0; plans without a device, which the simulator needs, with 9.8.
constexpr int kOldest = kDeviceSimulated ? 90800 : 90000;

constexpr const char* kGraph = "libcudnn_graph.so.9";
constexpr const char* kOps = "libcudnn_ops.so.9";

template <class F>
bool find(const VendorLibrary& files, const char* name, F*& out, std::string& missing) {
  out = files.function<F>(name);
  if (!out) missing = fmt::format("cuDNN ({}) has no function {}", files.path(), name);
  return out != nullptr;
}

bool find_all(const VendorLibrary& files, Functions& f, std::string& missing) {
  return find(files, "cudnnGetErrorString", f.error_string, missing) &&
         find(files, "cudnnGetLastErrorString", f.last_error_string, missing) &&
         find(files, "cudnnBackendCreateDescriptor", f.create_descriptor, missing) &&
         find(files, "cudnnBackendDestroyDescriptor", f.destroy_descriptor, missing) &&
         find(files, "cudnnBackendSetAttribute", f.set_attribute, missing) &&
         find(files, "cudnnBackendGetAttribute", f.get_attribute, missing) &&
         find(files, "cudnnBackendFinalize", f.finalize, missing) && find(files, "cudnnCreate", f.create, missing) &&
         find(files, "cudnnSetStream", f.set_stream, missing) && find(files, "cudnnBackendExecute", f.execute, missing);
}

// libcudnn.so.9 has these names without that part, too: whether they can be called, the part itself tells.
void find_ops(const VendorLibrary& files, Functions& f) {
  if (!files.own_symbol(kOps, "cudnnSoftmaxForward")) return;
  f.create_tensor = files.function<decltype(cudnnCreateTensorDescriptor)>("cudnnCreateTensorDescriptor");
  f.destroy_tensor = files.function<decltype(cudnnDestroyTensorDescriptor)>("cudnnDestroyTensorDescriptor");
  f.set_tensor = files.function<decltype(cudnnSetTensorNdDescriptor)>("cudnnSetTensorNdDescriptor");
  f.softmax_forward = files.function<decltype(cudnnSoftmaxForward)>("cudnnSoftmaxForward");
  f.softmax_backward = files.function<decltype(cudnnSoftmaxBackward)>("cudnnSoftmaxBackward");
}

// The version, or what is wrong with it.
int check_version(const VendorLibrary& files, Functions& f, std::string& missing) {
  if (!find(files, "cudnnGetVersion", f.version, missing)) return 0;
  const auto version = static_cast<int>(f.version());
  const int major = version >= 90000 ? version / 10000 : version / 1000;
  if (major != CUDNN_MAJOR) {
    missing = fmt::format("cuDNN {} ({}) is of another major version than the {} that this build is made for",
                          version_text(version), files.path(), CUDNN_MAJOR);
    return 0;
  }
  if (version < kOldest) {
    missing = fmt::format("cuDNN {} ({}) is too old: {} or newer is needed", version_text(version), files.path(),
                          version_text(kOldest));
    return 0;
  }
  const auto part = reinterpret_cast<decltype(&cudnnGetVersion)>(files.own_symbol(kGraph, "cudnnGetVersion"));
  if (part && static_cast<int>(part()) != version) {
    missing = fmt::format("cuDNN is mixed: {} is {}, but {} beside it is {}; install it anew", files.path(),
                          version_text(version), kGraph, version_text(static_cast<int>(part())));
    return 0;
  }
  return version;
}

Library find_library() {
  const VendorLibrary files({.name = "cuDNN",
                             .variable = "CRESSET_CUDNN",
                             .file = "libcudnn.so.9",
                             .python_names = {"cudnn"},
                             .install = "install cuDNN 9 (pip install nvidia-cudnn-cu13)",
                             .parts = {kGraph, "libcudnn_heuristic.so.9"},
                             .optional_parts = {kOps, "libcudnn_cnn.so.9", "libcudnn_engines_precompiled.so.9",
                                                "libcudnn_engines_runtime_compiled.so.9"}});
  Library found;
  found.path = files.path();
  found.missing = files.missing();
  if (found.missing.empty()) found.version = check_version(files, found.call, found.missing);
  for (const char* name : {"cudnnCreate", "cudnnSetStream", "cudnnBackendExecute"})
    if (found.missing.empty() && !simulator_has(name)) found.missing = fmt::format("the simulator has no {}", name);
  if (found.missing.empty()) find_all(files, found.call, found.missing);
  if (found.missing.empty()) find_ops(files, found.call);
  if (!found.missing.empty()) found.call = {};
  found.refusal = lasting_text(found.missing);
  return found;
}

}  // namespace

const Library& library() {
  static const auto* const found = new Library(find_library());
  return *found;
}

std::string version_text(int version) {
  if (version >= 90000) return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
  return fmt::format("{}.{}.{}", version / 1000, version / 100 % 10, version % 100);
}

const char* lasting_text(const std::string& text) {
  static std::mutex mutex;
  static auto* const texts = new std::set<std::string>;
  std::string escaped;
  for (const char c : text) escaped += c == '{' || c == '}' ? std::string(2, c) : std::string(1, c);
  const std::scoped_lock lock(mutex);
  if (texts->size() >= 200 && !texts->contains(escaped)) return "cuDNN refuses it";
  return texts->insert(std::move(escaped)).first->c_str();
}

}  // namespace cresset::cuda::backend::cudnn
