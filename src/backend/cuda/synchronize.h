// Where the host waits, and what kernels report.
#pragma once

#include <cstdint>

#include "backend/cuda/runtime.h"

namespace cresset::kernels {
struct ErrorWord;  // kernels/common/error_word.h
}

namespace cresset::cuda::backend {

// Waits for the stream, and throws what kernels of the device reported.
void synchronize_stream(int device, void* stream);
void synchronize_device(int device);
void synchronize_event(int device, void* event);
std::int64_t synchronizations() noexcept;

// Where kernels of the device report: IndexError, thrown by the next call that waits. `format` takes value, limit and
// position, as in "embedding: index {} is out of range (a table of {} rows, element {})".
kernels::ErrorWord* error_word(int device);
int error_site(const char* format);

}  // namespace cresset::cuda::backend
