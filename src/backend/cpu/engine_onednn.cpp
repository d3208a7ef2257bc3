#include "backend/cpu/engine_onednn.h"

#include <dlfcn.h>

#include <algorithm>
#include <string_view>

#include "backend/cpu/scratch.h"
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

dnnl::memory::data_type data_type(DType dtype) {
  using Type = dnnl::memory::data_type;
  return dtype == kBFloat16 ? Type::bf16 : dtype == kFloat16 ? Type::f16 : Type::f32;
}

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr made;
  made.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  made.set_fpmath_mode(dnnl::fpmath_mode::strict);
  return made;
}

dnnl::memory memory_at(const dnnl::memory::desc& desc, const void* operand) {
  return {desc, engine(), const_cast<void*>(operand)};
}

dnnl::memory scratchpad(const dnnl::memory::desc& desc) {
  struct Scratchpad;
  return memory_at(desc, scratch<Scratchpad>(std::max<std::size_t>(desc.get_size(), 1)));
}

bool is_plain(const char* implementation) { return std::string_view(implementation).substr(0, 3) == "ref"; }

Refusal refuse_dtype(DType dtype, const Context& context) {
  if (dtype != kFloat32 && dtype != kBFloat16 && dtype != kFloat16)
    return {"dtype must be float32, bfloat16 or float16, is {}", static_cast<int>(dtype)};
  if (dtype == kBFloat16 && context.isa < CpuIsa::avx512) return "bfloat16 needs AVX-512";
  if (dtype == kFloat16 && context.isa < CpuIsa::avx512_bf16) return "float16 needs AVX-512 FP16";
  return {};
}

void rethrow(const char* op, const dnnl::error& error) {
  if (error.status == dnnl_out_of_memory) fail<OutOfMemoryError>("{}: oneDNN is out of memory ({})", op, error.message);
  fail<BackendError>("{}: oneDNN failed with status {} ({})", op, static_cast<int>(error.status), error.message);
}

}  // namespace cresset::cpu::onednn
