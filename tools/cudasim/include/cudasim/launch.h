// A launch bound to its arguments, and where kernels are entered.
#pragma once

#include <atomic>
#include <tuple>
#include <type_traits>
#include <utility>

#include "block.h"

struct CUstream_st;
enum cudaError : unsigned int;

namespace cudasim {

/// One kernel of the program, as launch<> knows it.
struct Kernel {
  const char* pretty;  // __PRETTY_FUNCTION__ of a function that has the kernel as template argument
  const void* function;
  char* const* bounds;  // the section that __launch_bounds__ fills, of the library that holds the kernel
  char* const* bounds_end;
  mutable std::atomic<size_t> launches{0};
};

/// Makes a kernel known when the library that holds it is loaded, whether it is launched or not: so that a variant that
/// no test reaches can be told.
struct CUDASIM_API KnownKernel {
  explicit KnownKernel(const Kernel& kernel);
  ~KnownKernel();
  KnownKernel(const KnownKernel&) = delete;
  KnownKernel& operator=(const KnownKernel&) = delete;
  const Kernel& kernel;
};

struct Launch {
  const Kernel* kernel;
  dim3 grid, block;
  size_t dynamic_shared;

  Launch(const Kernel* k, dim3 g, dim3 b, size_t shared) : kernel(k), grid(g), block(b), dynamic_shared(shared) {}
  virtual ~Launch() = default;
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;
  /// Runs on a fiber: threads of the block, one after the other, for as long as there are any to begin.
  virtual void threads() = 0;
  /// The bytes of the arguments, in which the simulator looks for pointers.
  virtual const void* arguments(size_t* bytes) const = 0;
};

/// Checks the configuration and appends the launch to a stream. Takes ownership in every case.
CUDASIM_API cudaError enqueue(Launch* launch, CUstream_st* stream);

template <auto kKernel>
constexpr const char* pretty_name() {
  return __PRETTY_FUNCTION__;
}

extern "C" {
[[gnu::weak, gnu::visibility("hidden")]] extern char* __start___patchable_function_entries[];
[[gnu::weak, gnu::visibility("hidden")]] extern char* __stop___patchable_function_entries[];
}

template <auto kKernel>
inline const Kernel kernel_of{pretty_name<kKernel>(), reinterpret_cast<const void*>(kKernel),
                              __start___patchable_function_entries, __stop___patchable_function_entries};
template <auto kKernel>
inline const KnownKernel known_kernel{kernel_of<kKernel>};

template <auto kKernel, class... P>
struct BoundLaunch final : Launch {
  std::tuple<P...> values;

  template <class... A>
  BoundLaunch(dim3 g, dim3 b, size_t shared, A&&... a)
      : Launch(&known_kernel<kKernel>.kernel, g, b, shared), values(static_cast<P>(std::forward<A>(a))...) {}
  void threads() override { run(std::index_sequence_for<P...>{}); }
  const void* arguments(size_t* bytes) const override {
    *bytes = sizeof(values);
    return &values;
  }

 private:
  template <size_t... I>
  void run(std::index_sequence<I...>) {
    Block& b = *cudasim::running_block;
    while (b.begin_thread()) {
      kKernel(std::get<I>(values)...);
      b.end_thread();
    }
  }
};

template <auto kKernel, class... P, class... A>
cudaError launch(void (*)(P...), dim3 grid, dim3 block, size_t dynamic_shared, CUstream_st* stream, A&&... arguments) {
  static_assert(sizeof...(P) == sizeof...(A), "a kernel is launched with as many arguments as it has parameters");
  return enqueue(
      new BoundLaunch<kKernel, std::remove_cv_t<P>...>(grid, block, dynamic_shared, std::forward<A>(arguments)...),
      stream);
}

}  // namespace cudasim
