// Which sanitizer this build runs under. ThreadSanitizer is told by the build (CUDASIM_TSAN), because the simulator's
// own library is compiled without it and must still have the same layout.
#pragma once

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define CUDASIM_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define CUDASIM_ASAN 1
#endif
#ifndef CUDASIM_ASAN
#define CUDASIM_ASAN 0
#endif
#ifndef CUDASIM_TSAN
#define CUDASIM_TSAN 0
#endif

#if CUDASIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if CUDASIM_TSAN
#include <sanitizer/tsan_interface.h>
#endif

// What the simulator does for an instruction, in code that sanitizers see as the kernel's, is recorded as that
// instruction (accesses.h) and not once more by the instrumented code.
#if defined(__SANITIZE_THREAD__) && !CUDASIM_TSAN
#define CUDASIM_INSTRUCTION __attribute__((no_sanitize("thread")))
#else
#define CUDASIM_INSTRUCTION
#endif

#define CUDASIM_API __attribute__((visibility("default")))
// A fiber stays on its OS thread, so thread-local variables are safe; this model reads them without a call.
#define CUDASIM_THREAD_LOCAL __attribute__((tls_model("initial-exec"), visibility("default"))) __thread
// After a switch of stacks every return is mispredicted, so the way from a barrier to the switch is inlined whole.
#define CUDASIM_HOT __attribute__((always_inline)) inline
