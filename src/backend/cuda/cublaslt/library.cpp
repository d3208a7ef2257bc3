#include "backend/cuda/cublaslt/library.h"

#include <map>
#include <mutex>

#include "backend/cuda/runtime.h"

namespace cresset::cuda::backend {
namespace {

VendorFiles files() {
  const std::string major = std::to_string(CUBLAS_VER_MAJOR);
  return {.name = "cuBLASLt",
          .variable = "CRESSET_CUBLASLT",
          .file = "libcublasLt.so." + major,
          .python_names = {"cu" + major, "cublas"},
          .install = "install NVIDIA's cuBLAS " + major + " (pip install nvidia-cublas)"};
}

// Braces stand for themselves in what is formatted later.
std::string for_format(const std::string& text) {
  std::string out;
  for (const char c : text) out.append(c == '{' || c == '}' ? 2 : 1, c);
  return out;
}

}  // namespace

CublasLt::CublasLt() : library_(files()) {
  missing_ = library_.missing();
  if (missing_.empty()) missing_ = find_functions();
  refusal_ = for_format(missing_);
}

std::string CublasLt::find_functions() {
  std::string lacking;
  const auto find = [&](auto& function, const char* name) {
    function = library_.function<std::remove_pointer_t<std::remove_reference_t<decltype(function)>>>(name);
    if (!function && lacking.empty()) lacking = name;
  };
  find(get_version, "cublasLtGetVersion");
  find(status_string, "cublasLtGetStatusString");
  find(create, "cublasLtCreate");
  find(init_description, "cublasLtMatmulDescInit_internal");
  find(set_description, "cublasLtMatmulDescSetAttribute");
  find(init_layout, "cublasLtMatrixLayoutInit_internal");
  find(set_layout, "cublasLtMatrixLayoutSetAttribute");
  find(init_preference, "cublasLtMatmulPreferenceInit_internal");
  find(set_preference, "cublasLtMatmulPreferenceSetAttribute");
  find(heuristic, "cublasLtMatmulAlgoGetHeuristic");
  find(matmul, "cublasLtMatmul");
  if (!lacking.empty()) return fmt::format("{} has no function {}", library_.path(), lacking);
  // Its structs may grow from version to version: an older library may know fewer attributes than the headers.
  const std::size_t found = get_version();  // 130100 for 13.1.0
  version_ = fmt::format("{}.{}.{}", found / 10000, found / 100 % 100, found % 100);
  if (found / 10000 != CUBLAS_VER_MAJOR)
    return fmt::format("{} is cuBLASLt {}, this build needs {}", library_.path(), version_, CUBLAS_VER_MAJOR);
  return "";
}

const CublasLt& CublasLt::get() {
  static const CublasLt& library = *new const CublasLt;  // nothing of CUDA's is ended at the process's end
  return library;
}

void CublasLt::check(cublasStatus_t status, std::string_view call) const {
  cresset::check<BackendError>(status == CUBLAS_STATUS_SUCCESS, "{}: {}", call, status_string(status));
}

cublasLtHandle_t CublasLt::handle(int device) const {
  static std::mutex mutex;
  static auto& handles = *new std::map<int, cublasLtHandle_t>;
  const std::lock_guard lock(mutex);
  cublasLtHandle_t& of_device = handles[device];
  if (!of_device) {
    activate(device);
    if (create(&of_device) != CUBLAS_STATUS_SUCCESS) of_device = nullptr;
  }
  return of_device;
}

}  // namespace cresset::cuda::backend
