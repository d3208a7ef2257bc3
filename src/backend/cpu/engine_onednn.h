// What all kernels by oneDNN share: its engine, a stream for each thread, one thread inside, typed errors.
#pragma once

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

// Throws OutOfMemoryError or BackendError for `error`, naming `op`.
[[noreturn]] void rethrow(const char* op, const dnnl::error& error);

}  // namespace cresset::cpu::onednn
