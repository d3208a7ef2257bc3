// What happens when code touches memory that it may not.
#pragma once

namespace cudasim {

/// Plain builds: a handler of SIGSEGV and SIGBUS. It opens live allocations for kernels, ends kernels that touch
/// anything else, and reports host code. Under a sanitizer, its own handler stays.
void install_fault_handler();
/// The handler runs on a stack of its own: a kernel's may be what has overflowed.
void use_fault_stack();

}  // namespace cudasim
