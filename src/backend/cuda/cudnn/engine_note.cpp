#include "backend/cuda/cudnn/engine_note.h"

#include <cstdlib>
#include <string_view>

namespace cresset::cuda::backend::cudnn {

std::string& engine_note() {
  thread_local std::string note;
  return note;
}

bool logging() noexcept {
  static const bool on = [] {
    const char* value = std::getenv("CRESSET_LOG");
    return value && std::string_view(value).find("dispatch") != std::string_view::npos;
  }();
  return on;
}

}  // namespace cresset::cuda::backend::cudnn
