// Streams and events, as the core's table has them.
#pragma once

namespace cresset::cuda::backend {

void* new_stream(int device);
bool stream_done(int device, void* stream);
void* new_event(int device, bool timing);
void destroy_event(int device, void* event) noexcept;
void record_event(int device, void* event, void* stream);
void wait_event(int device, void* stream, void* event);
bool event_done(int device, void* event);
float milliseconds_between(int device, void* first, void* second);

}  // namespace cresset::cuda::backend
