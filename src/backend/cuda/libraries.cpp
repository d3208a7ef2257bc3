#include "backend/cuda/libraries.h"

#if CRESSET_HAS_CUBLASLT
#include "backend/cuda/cublaslt/library.h"
#endif
#if CRESSET_HAS_CUDNN
#include "backend/cuda/cudnn/engine_note.h"
#include "backend/cuda/cudnn/library.h"
#endif

namespace cresset::cuda::backend {

void list_libraries(std::vector<LibraryInfo>& out) {
#if CRESSET_HAS_CUDNN
  const cudnn::Library& found = cudnn::library();
  out.push_back({.name = "cuDNN",
                 .version = found.version > 0 ? cudnn::version_text(found.version) : "",
                 .path = found.path,
                 .missing = found.missing});
#else
  out.push_back({.name = "cuDNN", .version = "", .path = "", .missing = "this build was made without cuDNN's headers"});
#endif
#if CRESSET_HAS_CUBLASLT
  const CublasLt& lt = CublasLt::get();
  out.push_back({.name = "cuBLASLt", .version = lt.version(), .path = lt.library().path(), .missing = lt.missing()});
#else
  out.push_back(
      {.name = "cuBLASLt", .version = "", .path = "", .missing = "this build was made without cuBLASLt's headers"});
#endif
}

std::string last_cudnn_engine() {
#if CRESSET_HAS_CUDNN
  return cudnn::engine_note();
#else
  return "";
#endif
}

}  // namespace cresset::cuda::backend
