// cuBLASLt, NVIDIA's library of matrix products: its functions, opened when a product first asks for them.
#pragma once

#include <cublasLt.h>

#include <string>
#include <string_view>

#include "backend/cuda/vendor_library.h"

namespace cresset::cuda::backend {

class CublasLt {
 public:
  // Never throws; where the library cannot be used, missing() says why and nothing else may be called.
  static const CublasLt& get();
  const std::string& missing() const { return missing_; }   // why it cannot be used; "" where it can
  const char* refusal() const { return refusal_.c_str(); }  // the same for a Refusal
  const std::string& version() const { return version_; }   // "13.1.0"; "" where it is not known
  const VendorLibrary& library() const { return library_; }
  // One for each device, kept; null where cuBLASLt cannot make it.
  cublasLtHandle_t handle(int device) const;
  void check(cublasStatus_t status, std::string_view call) const;  // BackendError

  decltype(&cublasLtGetVersion) get_version = nullptr;
  decltype(&cublasLtGetStatusString) status_string = nullptr;
  decltype(&cublasLtCreate) create = nullptr;
  decltype(&cublasLtMatmulDescInit_internal) init_description = nullptr;
  decltype(&cublasLtMatmulDescSetAttribute) set_description = nullptr;
  decltype(&cublasLtMatrixLayoutInit_internal) init_layout = nullptr;
  decltype(&cublasLtMatrixLayoutSetAttribute) set_layout = nullptr;
  decltype(&cublasLtMatmulPreferenceInit_internal) init_preference = nullptr;
  decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference = nullptr;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;
  decltype(&cublasLtMatmul) matmul = nullptr;

 private:
  CublasLt();
  std::string find_functions();

  VendorLibrary library_;
  std::string missing_, refusal_, version_;
};

}  // namespace cresset::cuda::backend
