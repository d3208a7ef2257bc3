// What a kernel is: a name, a precondition with reasons, and a function on raw pointers.
#pragma once

#include <cresset/export.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace cresset {

// Why a kernel does not take a problem. Made without formatting, since a refusal in front of the kernel that is taken
// lies on the hot path; str() formats. `Refusal{}` accepts; `Refusal("stride must be 1, is {}", p.stride_h)` refuses.
class Refusal {
 public:
  constexpr Refusal() = default;
  template <std::integral... T>
  requires(sizeof...(T) <= 4) constexpr Refusal(const char* format, T... figures)
      : format_(format), figures_{static_cast<std::int64_t>(figures)...} {}
  constexpr explicit operator bool() const { return format_ != nullptr; }
  CRESSET_API std::string str() const;

 private:
  const char* format_ = nullptr;  // fmt syntax; a literal
  std::int64_t figures_[4] = {};
};

// Instruction sets that kernels of this library distinguish, each including those before it.
enum class CpuIsa : std::uint8_t { sse4, avx2, avx512, avx512_bf16, amx };

// What a choice may depend on beside the problem. `CRESSET_CPU_ISA` caps `isa`.
struct Context {
  CpuIsa isa = CpuIsa::sse4;
  int num_threads = 1;
  bool allow_nondeterministic = false;
  bool allow_tf32 = false;
  std::int64_t workspace_limit = std::int64_t{1} << 30;  // bytes that one call may take beside its outputs
  // Kernels on a CUDA device: which one, and the stream that the work is given to.
  int device = 0;
  int sm = 0;              // compute capability: 80 for 8.0
  void* stream = nullptr;  // a cudaStream_t
};

// A slot is a struct with `name` ("conv2d.forward"), `Problem` and `Run`: void(const Problem&, const Context&,
// pointers…). Pointers are addresses on the device of the call, but for numbers that the problem says lie on the host.
// `run` writes every element of its outputs, reads none of them, and allows any alignment that the element
// type allows.
template <class Slot>
struct Kernel {
  std::string_view name;  // "highway", "onednn", "reference"
  Refusal (*refuses)(const typename Slot::Problem&,
                     const Context&) = nullptr;  // the only precondition; null: accepts everything
  typename Slot::Run* run = nullptr;
};

}  // namespace cresset
