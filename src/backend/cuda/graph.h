// Graphs: capture, replay, and the memory that belongs to one.
#pragma once

#include <cstddef>

#include "backend/cuda/runtime.h"

namespace cresset::cuda::backend {

void* begin_capture(int device, void*& stream);
void end_capture(void* graph);
void replay(void* graph, void* stream);
void destroy_graph(void* graph) noexcept;

// Whether the calling thread captures a graph of the device.
bool is_capturing(int device) noexcept;
// The graph's kernels may report in the error word: so may its replays.
void note_reports_of_capture() noexcept;
// Keeps a pinned block for the graph's replays.
void hold_pinned_for_capture(const void* address);

}  // namespace cresset::cuda::backend
