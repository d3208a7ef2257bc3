#include "backend/cuda/cudnn/engine_note.h"

namespace cresset::cuda::backend::cudnn {

std::string& engine_note() {
  thread_local std::string note;
  return note;
}

}  // namespace cresset::cuda::backend::cudnn
