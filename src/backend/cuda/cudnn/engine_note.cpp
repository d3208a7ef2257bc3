#include "backend/cuda/cudnn/engine_note.h"

#include <cstdio>
#include <cstdlib>

namespace cresset::cuda::backend::cudnn {

namespace {

std::string& last() {
  thread_local std::string note;
  return note;
}

}  // namespace

const std::string& engine_note() { return last(); }

void note_engine(std::string_view slot, const std::string& engine) {
  last() = engine;
  if (logging()) [[unlikely]]
    std::fprintf(stderr, "cresset dispatch: %s by cudnn: %s\n", std::string(slot).c_str(), engine.c_str());
}

bool logging() noexcept {
  static const bool on = [] {
    const char* value = std::getenv("CRESSET_LOG");
    return value && std::string_view(value).find("dispatch") != std::string_view::npos;
  }();
  return on;
}

}  // namespace cresset::cuda::backend::cudnn
