#include "faults.h"

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "device.h"
#include "report.h"
#include "runner.h"

namespace cudasim {

#if CUDASIM_ASAN || CUDASIM_TSAN
void install_fault_handler() {}
void use_fault_stack() {}
#else
namespace {

struct sigaction previous_segv, previous_bus, previous_ill;
alignas(16) char fault_stack[64 << 10];

const void* code_address(void* context) {
#if defined(__x86_64__)
  return reinterpret_cast<const void*>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return reinterpret_cast<const void*>(static_cast<ucontext_t*>(context)->uc_mcontext.pc);
#else
  return nullptr;
#endif
}

bool is_write([[maybe_unused]] void* context) {
#if defined(__x86_64__)
  return (static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & 2) != 0;
#else
  return true;  // what is only read then counts as written, and may be reported for nothing
#endif
}

std::string describe(const Allocation& a, const void* address) {
  const auto offset = static_cast<const char*>(address) - a.base;
  return format("byte %td of an allocation of %zu bytes on device %d", offset, a.bytes, a.device);
}

void fault_in_kernel(Runner& runner, const void* address, void* context) {
  Memory& memory = Runtime::instance().memory;
  Allocation* a = memory.find(address);
  const int device = Runtime::instance().running_device;
  const bool write = is_write(context);
  if (a != nullptr && a->state == Allocation::kLive &&
      a->open < (write ? Allocation::kWritable : Allocation::kReadable) &&
      Runtime::instance().devices[static_cast<size_t>(device)]->peers[static_cast<size_t>(a->device)]) {
    memory.open(*a, write);
    return;  // and the instruction is tried again
  }
  if (a == nullptr) {
    runner.fail("illegal address", cudaErrorIllegalAddress,
                format("%p is in no allocation, at %s", address, code_location(code_address(context)).c_str()));
  }
  const char* kind = a->state == Allocation::kFreed     ? "use after free"
                     : a->state == Allocation::kPending ? "use before allocation"
                                                        : "memory of another device";
  runner.fail(kind, cudaErrorIllegalAddress, describe(*a, address) + " at " + code_location(code_address(context)));
}

void on_fault(int signal, siginfo_t* info, void* context) {
  Runner& runner = Runner::instance();
  if (runner.running() && runner.now != nullptr && signal != SIGILL) {
    fault_in_kernel(runner, info->si_addr, context);
    return;
  }
  if (runner.running() && runner.now != nullptr) {
    // Kernels are compiled with -fsanitize=alignment, which traps.
    runner.fail("misaligned address", cudaErrorMisalignedAddress, "at " + code_location(code_address(context)));
  }
  Memory& memory = Runtime::instance().memory;
  if (signal != SIGILL && memory.in_arena(info->si_addr)) {
    const Allocation* a = memory.find(info->si_addr);
    report("host access to device memory", (a ? describe(*a, info->si_addr) : std::string("outside every allocation")) +
                                               " at " + code_location(code_address(context)));
  }
  // The instruction faults again, now for whoever was there before.
  const auto& previous = signal == SIGILL ? previous_ill : signal == SIGBUS ? previous_bus : previous_segv;
  sigaction(signal, &previous, nullptr);
}

}  // namespace

void install_fault_handler() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  // A handler that leaves by switching stacks never returns: the signal must not stay blocked.
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigaction(SIGSEGV, &action, &previous_segv);
  sigaction(SIGBUS, &action, &previous_bus);
  sigaction(SIGILL, &action, &previous_ill);
}

void use_fault_stack() {
  static thread_local bool used = false;
  if (used) return;
  used = true;
  stack_t stack{};
  stack.ss_sp = fault_stack;
  stack.ss_size = sizeof fault_stack;
  sigaltstack(&stack, nullptr);
}
#endif

}  // namespace cudasim
