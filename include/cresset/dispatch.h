// Which kernel runs an op: listing, forcing, allowing.
#pragma once

#include <cresset/device.h>
#include <cresset/export.h>
#include <cresset/extension/kernel.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cresset {

struct DispatchState;

// `prefer`: the named kernel is tried first; `require`: a refusal of it throws UnsupportedError with its reason.
enum class Forcing : std::uint8_t { prefer, require };

// While it lives, ops of this thread take the named kernels: "conv2d=onednn", "*=reference",
// "conv2d=highway,matmul=reference". An op's name stands for all its slots ("conv2d" for "conv2d.forward"); the last
// entry that fits wins, on top of the guards outside. A slot that has no kernel of that name is not affected by "*",
// and an error where it is named.
class CRESSET_API ForceKernelGuard {
 public:
  explicit ForceKernelGuard(std::string_view kernels, Forcing forcing = Forcing::require);
  ~ForceKernelGuard();
  ForceKernelGuard(const ForceKernelGuard&) = delete;
  ForceKernelGuard& operator=(const ForceKernelGuard&) = delete;

 private:
  std::unique_ptr<const DispatchState> state_;
  const DispatchState* before_;
};

// For the whole process. Off by default: a kernel that may give other bits from run to run refuses.
CRESSET_API void allow_nondeterministic(bool allow);
// Off by default: matrix products and convolutions in float32 keep all 24 bits of their inputs.
CRESSET_API void allow_tf32(bool allow);
CRESSET_API void set_workspace_limit(std::int64_t bytes);
// What kernels are asked with on this thread.
CRESSET_API const Context& current_context();

struct KernelInfo {
  std::string slot;  // "conv2d.forward"
  DeviceType device;
  std::string name;  // "onednn"
  bool ran;          // in this process so far
};
// All kernels, slot by slot, in the order in which they are tried.
CRESSET_API std::vector<KernelInfo> list_kernels();

// Takes this thread's forcing to another thread: `DispatchSnapshot here; … on the other thread: auto guard =
// here.enter();`
class CRESSET_API DispatchSnapshot {
 public:
  DispatchSnapshot();
  class CRESSET_API Guard {
   public:
    explicit Guard(std::shared_ptr<const DispatchState> state);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    std::shared_ptr<const DispatchState> state_;
    const DispatchState* before_;
  };
  Guard enter() const { return Guard(state_); }

 private:
  std::shared_ptr<const DispatchState> state_;
};

}  // namespace cresset
