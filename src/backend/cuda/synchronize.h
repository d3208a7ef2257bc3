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
void count_wait() noexcept;  // for those that wait elsewhere

// Where kernels of the device report, for the next call that waits to throw. `format` takes value, limit and position,
// as in "embedding: index {} is out of range (a table of {} rows, element {})".
kernels::ErrorWord* error_word(int device);
enum class ReportKind : std::uint8_t { index, value };  // IndexError, ValueError
int error_site(const char* format, ReportKind kind = ReportKind::index);
// Once a device, before anything else of it.
void make_error_word(int device, cudaStream_t stream);
// Kernels that may report were given to the device.
void note_reports(int device) noexcept;

}  // namespace cresset::cuda::backend
