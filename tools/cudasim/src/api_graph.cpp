// Stream capture and graphs.
#include "api.h"
#include "graph.h"

using namespace cudasim;

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  if (target == &call.runtime.devices[static_cast<size_t>(target->device)]->legacy) {
    return remember(cudaErrorStreamCaptureUnsupported);
  }
  if (target->capture) return remember(cudaErrorIllegalState);
  static unsigned long long captures = 0;
  target->capture = std::make_shared<Capture>();
  target->capture->id = ++captures;
  target->capture->mode = mode;
  target->capture->thread = std::this_thread::get_id();
  target->capture->origin = target;
  call.runtime.captures.push_back(target->capture);
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  CUDASIM_CALL;
  *graph = nullptr;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  const auto capture = target->capture;
  if (!capture) return remember(cudaErrorIllegalState);
  if (capture->origin != target) {
    capture->invalidated = true;
    return remember(cudaErrorStreamCaptureUnmatched);
  }
  const bool joined = all_joined(capture->body, target->captured);
  const bool right_thread =
      capture->mode == cudaStreamCaptureModeRelaxed || capture->thread == std::this_thread::get_id();
  if (!right_thread) return remember(cudaErrorStreamCaptureWrongThread);
  leave_capture(*capture);
  std::erase_if(call.runtime.captures, [&](auto& weak) { return weak.expired() || weak.lock() == capture; });
  if (capture->invalidated) return remember(cudaErrorStreamCaptureInvalidated);
  if (!joined) return remember(cudaErrorStreamCaptureUnjoined);
  *graph = new CUgraph_st{std::make_shared<GraphBody>(std::move(capture->body))};
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  *status = !target->capture               ? cudaStreamCaptureStatusNone
            : target->capture->invalidated ? cudaStreamCaptureStatusInvalidated
                                           : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream, cudaStreamCaptureStatus* status, unsigned long long* id,
                                     cudaGraph_t* graph, const cudaGraphNode_t** dependencies,
                                     const cudaGraphEdgeData** edges, size_t* count) {
  if (const cudaError_t error = cudaStreamIsCapturing(stream, status); error != cudaSuccess) return error;
  if (graph != nullptr || dependencies != nullptr || edges != nullptr || count != nullptr) {
    return remember(cudaErrorNotSupported);
  }
  Call call;
  const CUstream_st* target = resolve(stream);
  if (id != nullptr && target->capture) *id = target->capture->id;
  return cudaSuccess;
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  static thread_local cudaStreamCaptureMode current = cudaStreamCaptureModeGlobal;
  std::swap(current, *mode);
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  CUDASIM_CALL;
  if (executable == nullptr || graph == nullptr) return remember(cudaErrorInvalidValue);
  *executable = new CUgraphExec_st{graph->body};
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags) {
  return cudaGraphInstantiate(executable, graph, flags);
}

cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) {
  CUDASIM_CALL;
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr || executable == nullptr) return remember(cudaErrorInvalidResourceHandle);
  auto work = std::make_shared<GraphWork>();
  work->body = executable->body;
  return remember(append(*target, std::move(work)));
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  CUDASIM_CALL;
  if (graph == nullptr) return remember(cudaErrorInvalidValue);
  if (nodes != nullptr) return remember(cudaErrorNotSupported);
  *count = graph->body->nodes.size();
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  Call call;
  delete executable;
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  Call call;
  delete graph;
  return cudaSuccess;
}

}  // extern "C"
