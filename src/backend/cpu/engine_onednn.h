// What all kernels by oneDNN share: its engine, a stream for each thread, one thread inside, memory, what is refused,
// typed errors.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>

#include <cstdint>
#include <oneapi/dnnl/dnnl.hpp>

namespace cresset::cpu::onednn {

dnnl::engine& engine();
// The calling thread's.
dnnl::stream& stream();

// While one lives, oneDNN makes and runs primitives with one thread on the calling thread: the team's chunks are the
// only parallel work. Restores the OpenMP setting of the program around it.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

// Of float32, bfloat16 and float16.
dnnl::memory::data_type data_type(DType dtype);
// Working memory is the caller's, and float32 is not rounded.
dnnl::primitive_attr attributes();
dnnl::memory memory_at(const dnnl::memory::desc& desc, const void* operand);
// The calling thread's working memory, valid until the next call.
dnnl::memory scratchpad(const dnnl::memory::desc& desc);
// Whether the implementation of this name is oneDNN's own reference code.
bool is_plain(const char* implementation);

// Types that oneDNN has no fast code for on this machine.
Refusal refuse_dtype(DType dtype, const Context& context);
// What is to be done piece by piece: `plain_loops(i)` makes or finds the primitive of the piece, of the first and the
// last one, and says whether oneDNN has nothing better than its reference code for it.
template <class F>
Refusal refuse_plain_loops(F&& plain_loops, std::int64_t last) {
  try {
    if (plain_loops(0) || plain_loops(last)) return "oneDNN has only its reference code for this problem";
  } catch (const dnnl::error& error) {
    return {"oneDNN has no primitive for this problem (status {})", static_cast<int>(error.status)};
  }
  return {};
}

// Throws OutOfMemoryError or BackendError for `error`, naming `op`.
[[noreturn]] void rethrow(const char* op, const dnnl::error& error);
// Calls f(), whose errors of oneDNN's are thrown as those.
template <class F>
void typed(const char* op, F&& f) {
  try {
    f();
  } catch (const dnnl::error& error) {
    rethrow(op, error);
  }
}

}  // namespace cresset::cpu::onednn
