#include "backend/cpu/engine_onednn.h"

#include <dlfcn.h>

#include "core/check.h"

namespace cresset::cpu::onednn {
namespace {

// The functions of the OpenMP runtime that oneDNN was linked with, whichever it is; null where it has another runtime
// or none. Looked up from oneDNN's own library, since the program may hold a second OpenMP runtime.
struct OpenMp {
  int (*get_max_threads)() = nullptr;
  void (*set_num_threads)(int) = nullptr;
};

OpenMp find_openmp() {
  OpenMp found;
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&dnnl_version), &info) == 0 || info.dli_fname == nullptr) return found;
  void* library = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return found;
  found.get_max_threads = reinterpret_cast<int (*)()>(dlsym(library, "omp_get_max_threads"));
  found.set_num_threads = reinterpret_cast<void (*)(int)>(dlsym(library, "omp_set_num_threads"));
  if (found.get_max_threads == nullptr || found.set_num_threads == nullptr) found = {};
  return found;
}

const OpenMp& openmp() {
  static const OpenMp found = find_openmp();
  return found;
}

}  // namespace

dnnl::engine& engine() {
  // Never destroyed: a thread may still compute while the process ends.
  static dnnl::engine& made = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return made;
}

dnnl::stream& stream() {
  static thread_local dnnl::stream made(engine());
  return made;
}

OneThread::OneThread() : before_(openmp().get_max_threads ? openmp().get_max_threads() : 1) {
  if (before_ != 1) openmp().set_num_threads(1);
}
OneThread::~OneThread() {
  if (before_ != 1) openmp().set_num_threads(before_);
}

void rethrow(const char* op, const dnnl::error& error) {
  if (error.status == dnnl_out_of_memory) fail<OutOfMemoryError>("{}: oneDNN is out of memory ({})", op, error.message);
  fail<BackendError>("{}: oneDNN failed with status {} ({})", op, static_cast<int>(error.status), error.message);
}

}  // namespace cresset::cpu::onednn
