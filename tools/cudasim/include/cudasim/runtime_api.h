// The functions of the CUDA runtime that the simulator has, with CUDA's signatures. What they do is documented by
// NVIDIA; what differs is in docs/cuda_without_a_gpu.md.
#pragma once

#include "config.h"
#include "runtime_types.h"

extern "C" {
#define CUDASIM_FUNCTION CUDASIM_API cudaError_t

CUDASIM_FUNCTION cudaGetLastError();
CUDASIM_FUNCTION cudaPeekAtLastError();
CUDASIM_API const char* cudaGetErrorName(cudaError_t error);
CUDASIM_API const char* cudaGetErrorString(cudaError_t error);

CUDASIM_FUNCTION cudaGetDeviceCount(int* count);
CUDASIM_FUNCTION cudaGetDevice(int* device);
CUDASIM_FUNCTION cudaSetDevice(int device);
CUDASIM_FUNCTION cudaInitDevice(int device, unsigned int device_flags, unsigned int flags);
CUDASIM_FUNCTION cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
CUDASIM_FUNCTION cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
CUDASIM_FUNCTION cudaDeviceGetPCIBusId(char* bus_id, int length, int device);
CUDASIM_FUNCTION cudaDeviceGetStreamPriorityRange(int* least, int* greatest);
CUDASIM_FUNCTION cudaDeviceSynchronize();
CUDASIM_FUNCTION cudaDeviceReset();
CUDASIM_FUNCTION cudaDeviceCanAccessPeer(int* can, int device, int peer);
CUDASIM_FUNCTION cudaDeviceEnablePeerAccess(int peer, unsigned int flags);
CUDASIM_FUNCTION cudaDeviceDisablePeerAccess(int peer);
CUDASIM_FUNCTION cudaDriverGetVersion(int* version);
CUDASIM_FUNCTION cudaRuntimeGetVersion(int* version);

CUDASIM_FUNCTION cudaMalloc(void** pointer, size_t bytes);
CUDASIM_FUNCTION cudaFree(void* pointer);
CUDASIM_FUNCTION cudaMallocHost(void** pointer, size_t bytes);
CUDASIM_FUNCTION cudaHostAlloc(void** pointer, size_t bytes, unsigned int flags);
CUDASIM_FUNCTION cudaFreeHost(void* pointer);
CUDASIM_FUNCTION cudaHostRegister(void* pointer, size_t bytes, unsigned int flags);
CUDASIM_FUNCTION cudaHostUnregister(void* pointer);
CUDASIM_FUNCTION cudaHostGetDevicePointer(void** device_pointer, void* host_pointer, unsigned int flags);
CUDASIM_FUNCTION cudaMallocAsync(void** pointer, size_t bytes, cudaStream_t stream);
CUDASIM_FUNCTION cudaMallocFromPoolAsync(void** pointer, size_t bytes, cudaMemPool_t pool, cudaStream_t stream);
CUDASIM_FUNCTION cudaFreeAsync(void* pointer, cudaStream_t stream);
CUDASIM_FUNCTION cudaMemGetInfo(size_t* free, size_t* total);
CUDASIM_FUNCTION cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer);
CUDASIM_FUNCTION cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device);
CUDASIM_FUNCTION cudaDeviceGetMemPool(cudaMemPool_t* pool, int device);
CUDASIM_FUNCTION cudaDeviceSetMemPool(int device, cudaMemPool_t pool);
CUDASIM_FUNCTION cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* properties);
CUDASIM_FUNCTION cudaMemPoolDestroy(cudaMemPool_t pool);
CUDASIM_FUNCTION cudaMemPoolTrimTo(cudaMemPool_t pool, size_t bytes_to_keep);
CUDASIM_FUNCTION cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);
CUDASIM_FUNCTION cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);

CUDASIM_FUNCTION cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind);
CUDASIM_FUNCTION cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                                 cudaStream_t stream = nullptr);
CUDASIM_FUNCTION cudaMemcpyPeer(void* to, int to_device, const void* from, int from_device, size_t bytes);
CUDASIM_FUNCTION cudaMemcpyPeerAsync(void* to, int to_device, const void* from, int from_device, size_t bytes,
                                     cudaStream_t stream = nullptr);
CUDASIM_FUNCTION cudaMemcpy2D(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind);
CUDASIM_FUNCTION cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                                   size_t height, cudaMemcpyKind kind, cudaStream_t stream = nullptr);
CUDASIM_FUNCTION cudaMemset(void* pointer, int value, size_t bytes);
CUDASIM_FUNCTION cudaMemsetAsync(void* pointer, int value, size_t bytes, cudaStream_t stream = nullptr);
CUDASIM_FUNCTION cudaMemset2D(void* pointer, size_t pitch, int value, size_t width, size_t height);
CUDASIM_FUNCTION cudaMemset2DAsync(void* pointer, size_t pitch, int value, size_t width, size_t height,
                                   cudaStream_t stream = nullptr);

CUDASIM_FUNCTION cudaStreamCreate(cudaStream_t* stream);
CUDASIM_FUNCTION cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags);
CUDASIM_FUNCTION cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned int flags, int priority);
CUDASIM_FUNCTION cudaStreamDestroy(cudaStream_t stream);
CUDASIM_FUNCTION cudaStreamSynchronize(cudaStream_t stream);
CUDASIM_FUNCTION cudaStreamQuery(cudaStream_t stream);
CUDASIM_FUNCTION cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int flags = 0);
CUDASIM_FUNCTION cudaStreamGetFlags(cudaStream_t stream, unsigned int* flags);
CUDASIM_FUNCTION cudaStreamGetPriority(cudaStream_t stream, int* priority);
CUDASIM_FUNCTION cudaStreamGetDevice(cudaStream_t stream, int* device);
CUDASIM_FUNCTION cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* user_data);

CUDASIM_FUNCTION cudaEventCreate(cudaEvent_t* event);
CUDASIM_FUNCTION cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags);
CUDASIM_FUNCTION cudaEventRecord(cudaEvent_t event, cudaStream_t stream = nullptr);
CUDASIM_FUNCTION cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream = nullptr, unsigned int flags = 0);
CUDASIM_FUNCTION cudaEventQuery(cudaEvent_t event);
CUDASIM_FUNCTION cudaEventSynchronize(cudaEvent_t event);
CUDASIM_FUNCTION cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end);
CUDASIM_FUNCTION cudaEventDestroy(cudaEvent_t event);

CUDASIM_FUNCTION cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* function);
CUDASIM_FUNCTION cudaFuncSetAttribute(const void* function, cudaFuncAttribute attribute, int value);
CUDASIM_FUNCTION cudaFuncSetCacheConfig(const void* function, cudaFuncCache config);
CUDASIM_FUNCTION cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function, int block_size,
                                                               size_t dynamic_shared);

CUDASIM_FUNCTION cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
CUDASIM_FUNCTION cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
CUDASIM_FUNCTION cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status);
CUDASIM_FUNCTION cudaStreamGetCaptureInfo(cudaStream_t stream, cudaStreamCaptureStatus* status,
                                          unsigned long long* id = nullptr, cudaGraph_t* graph = nullptr,
                                          const cudaGraphNode_t** dependencies = nullptr,
                                          const cudaGraphEdgeData** edges = nullptr, size_t* count = nullptr);
CUDASIM_FUNCTION cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode);
CUDASIM_FUNCTION cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags = 0);
CUDASIM_FUNCTION cudaGraphInstantiateWithFlags(cudaGraphExec_t* executable, cudaGraph_t graph,
                                               unsigned long long flags = 0);
CUDASIM_FUNCTION cudaGraphUpload(cudaGraphExec_t executable, cudaStream_t stream);
CUDASIM_FUNCTION cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
CUDASIM_FUNCTION cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count);
CUDASIM_FUNCTION cudaGraphExecDestroy(cudaGraphExec_t executable);
CUDASIM_FUNCTION cudaGraphDestroy(cudaGraph_t graph);

#undef CUDASIM_FUNCTION
}

// The overloads that CUDA's header has for C++. Inlined, so that a leak is reported at the line that asked for the
// memory.
template <class T>
CUDASIM_HOT cudaError_t cudaMalloc(T** pointer, size_t bytes) {
  return cudaMalloc(reinterpret_cast<void**>(pointer), bytes);
}
template <class T>
CUDASIM_HOT cudaError_t cudaMallocHost(T** pointer, size_t bytes, [[maybe_unused]] unsigned int flags = 0) {
  return cudaMallocHost(reinterpret_cast<void**>(pointer), bytes);
}
template <class T>
CUDASIM_HOT cudaError_t cudaHostAlloc(T** pointer, size_t bytes, unsigned int flags) {
  return cudaHostAlloc(reinterpret_cast<void**>(pointer), bytes, flags);
}
template <class T>
CUDASIM_HOT cudaError_t cudaMallocAsync(T** pointer, size_t bytes, cudaStream_t stream) {
  return cudaMallocAsync(reinterpret_cast<void**>(pointer), bytes, stream);
}
template <class T>
CUDASIM_HOT cudaError_t cudaMallocFromPoolAsync(T** pointer, size_t bytes, cudaMemPool_t pool, cudaStream_t stream) {
  return cudaMallocFromPoolAsync(reinterpret_cast<void**>(pointer), bytes, pool, stream);
}
template <class T>
CUDASIM_HOT cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, T* function) {
  return cudaFuncGetAttributes(attributes, reinterpret_cast<const void*>(function));
}
template <class T>
CUDASIM_HOT cudaError_t cudaFuncSetAttribute(T* function, cudaFuncAttribute attribute, int value) {
  return cudaFuncSetAttribute(reinterpret_cast<const void*>(function), attribute, value);
}
template <class T>
CUDASIM_HOT cudaError_t cudaFuncSetCacheConfig(T* function, cudaFuncCache config) {
  return cudaFuncSetCacheConfig(reinterpret_cast<const void*>(function), config);
}
template <class T>
CUDASIM_HOT cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, T function, int block_size,
                                                                      size_t dynamic_shared) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessor(blocks, reinterpret_cast<const void*>(function), block_size,
                                                       dynamic_shared);
}
