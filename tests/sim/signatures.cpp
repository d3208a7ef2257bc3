// Holds the stand-in headers to CUDA's: compiled against both, this file says that functions, enumerators and fields
// are the same. A new function of the stand-in belongs here too.
#include <cuda_runtime.h>

#include <type_traits>

namespace {

template <class Function>
constexpr bool has(Function*) {
  return true;
}

// Casting chooses the overload; another signature does not compile.
static_assert(has(static_cast<cudaError_t (*)()>(&cudaGetLastError)));
static_assert(has(static_cast<cudaError_t (*)()>(&cudaPeekAtLastError)));
static_assert(has(static_cast<const char* (*)(cudaError_t)>(&cudaGetErrorName)));
static_assert(has(static_cast<const char* (*)(cudaError_t)>(&cudaGetErrorString)));
static_assert(has(static_cast<cudaError_t (*)(int*)>(&cudaGetDeviceCount)));
static_assert(has(static_cast<cudaError_t (*)(int*)>(&cudaGetDevice)));
static_assert(has(static_cast<cudaError_t (*)(int)>(&cudaSetDevice)));
static_assert(has(static_cast<cudaError_t (*)(int, unsigned int, unsigned int)>(&cudaInitDevice)));
static_assert(has(static_cast<cudaError_t (*)(cudaDeviceProp*, int)>(&cudaGetDeviceProperties)));
static_assert(has(static_cast<cudaError_t (*)(int*, cudaDeviceAttr, int)>(&cudaDeviceGetAttribute)));
static_assert(has(static_cast<cudaError_t (*)(char*, int, int)>(&cudaDeviceGetPCIBusId)));
static_assert(has(static_cast<cudaError_t (*)(int*, int*)>(&cudaDeviceGetStreamPriorityRange)));
static_assert(has(static_cast<cudaError_t (*)()>(&cudaDeviceSynchronize)));
static_assert(has(static_cast<cudaError_t (*)()>(&cudaDeviceReset)));
static_assert(has(static_cast<cudaError_t (*)(int*, int, int)>(&cudaDeviceCanAccessPeer)));
static_assert(has(static_cast<cudaError_t (*)(int, unsigned int)>(&cudaDeviceEnablePeerAccess)));
static_assert(has(static_cast<cudaError_t (*)(int)>(&cudaDeviceDisablePeerAccess)));
static_assert(has(static_cast<cudaError_t (*)(int*)>(&cudaDriverGetVersion)));
static_assert(has(static_cast<cudaError_t (*)(int*)>(&cudaRuntimeGetVersion)));
static_assert(has(static_cast<cudaError_t (*)(void**, size_t)>(&cudaMalloc)));
static_assert(has(static_cast<cudaError_t (*)(void*)>(&cudaFree)));
static_assert(has(static_cast<cudaError_t (*)(void**, size_t)>(&cudaMallocHost)));
static_assert(has(static_cast<cudaError_t (*)(void**, size_t, unsigned int)>(&cudaHostAlloc)));
static_assert(has(static_cast<cudaError_t (*)(void*)>(&cudaFreeHost)));
static_assert(has(static_cast<cudaError_t (*)(void*, size_t, unsigned int)>(&cudaHostRegister)));
static_assert(has(static_cast<cudaError_t (*)(void*)>(&cudaHostUnregister)));
static_assert(has(static_cast<cudaError_t (*)(void**, void*, unsigned int)>(&cudaHostGetDevicePointer)));
static_assert(has(static_cast<cudaError_t (*)(void**, size_t, cudaStream_t)>(&cudaMallocAsync)));
static_assert(has(static_cast<cudaError_t (*)(void**, size_t, cudaMemPool_t, cudaStream_t)>(&cudaMallocFromPoolAsync)));
static_assert(has(static_cast<cudaError_t (*)(void*, cudaStream_t)>(&cudaFreeAsync)));
static_assert(has(static_cast<cudaError_t (*)(size_t*, size_t*)>(&cudaMemGetInfo)));
static_assert(has(static_cast<cudaError_t (*)(cudaPointerAttributes*, const void*)>(&cudaPointerGetAttributes)));
static_assert(has(static_cast<cudaError_t (*)(cudaMemPool_t*, int)>(&cudaDeviceGetDefaultMemPool)));
static_assert(has(static_cast<cudaError_t (*)(cudaMemPool_t*, int)>(&cudaDeviceGetMemPool)));
static_assert(has(static_cast<cudaError_t (*)(int, cudaMemPool_t)>(&cudaDeviceSetMemPool)));
static_assert(has(static_cast<cudaError_t (*)(cudaMemPool_t*, const cudaMemPoolProps*)>(&cudaMemPoolCreate)));
static_assert(has(static_cast<cudaError_t (*)(cudaMemPool_t)>(&cudaMemPoolDestroy)));
static_assert(has(static_cast<cudaError_t (*)(cudaMemPool_t, size_t)>(&cudaMemPoolTrimTo)));
static_assert(has(static_cast<cudaError_t (*)(cudaMemPool_t, cudaMemPoolAttr, void*)>(&cudaMemPoolGetAttribute)));
static_assert(has(static_cast<cudaError_t (*)(cudaMemPool_t, cudaMemPoolAttr, void*)>(&cudaMemPoolSetAttribute)));
static_assert(has(static_cast<cudaError_t (*)(void*, const void*, size_t, cudaMemcpyKind)>(&cudaMemcpy)));
static_assert(
    has(static_cast<cudaError_t (*)(void*, const void*, size_t, cudaMemcpyKind, cudaStream_t)>(&cudaMemcpyAsync)));
static_assert(has(static_cast<cudaError_t (*)(void*, int, const void*, int, size_t)>(&cudaMemcpyPeer)));
static_assert(
    has(static_cast<cudaError_t (*)(void*, int, const void*, int, size_t, cudaStream_t)>(&cudaMemcpyPeerAsync)));
static_assert(has(
    static_cast<cudaError_t (*)(void*, size_t, const void*, size_t, size_t, size_t, cudaMemcpyKind)>(&cudaMemcpy2D)));
static_assert(has(static_cast<cudaError_t (*)(void*, size_t, const void*, size_t, size_t, size_t, cudaMemcpyKind,
                                              cudaStream_t)>(&cudaMemcpy2DAsync)));
static_assert(has(static_cast<cudaError_t (*)(void*, int, size_t)>(&cudaMemset)));
static_assert(has(static_cast<cudaError_t (*)(void*, int, size_t, cudaStream_t)>(&cudaMemsetAsync)));
static_assert(has(static_cast<cudaError_t (*)(void*, size_t, int, size_t, size_t)>(&cudaMemset2D)));
static_assert(has(static_cast<cudaError_t (*)(void*, size_t, int, size_t, size_t, cudaStream_t)>(&cudaMemset2DAsync)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t*)>(&cudaStreamCreate)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t*, unsigned int)>(&cudaStreamCreateWithFlags)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t*, unsigned int, int)>(&cudaStreamCreateWithPriority)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t)>(&cudaStreamDestroy)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t)>(&cudaStreamSynchronize)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t)>(&cudaStreamQuery)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t, cudaEvent_t, unsigned int)>(&cudaStreamWaitEvent)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t, unsigned int*)>(&cudaStreamGetFlags)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t, int*)>(&cudaStreamGetPriority)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t, int*)>(&cudaStreamGetDevice)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t, cudaHostFn_t, void*)>(&cudaLaunchHostFunc)));
static_assert(has(static_cast<cudaError_t (*)(cudaEvent_t*)>(&cudaEventCreate)));
static_assert(has(static_cast<cudaError_t (*)(cudaEvent_t*, unsigned int)>(&cudaEventCreateWithFlags)));
static_assert(has(static_cast<cudaError_t (*)(cudaEvent_t, cudaStream_t)>(&cudaEventRecord)));
static_assert(has(static_cast<cudaError_t (*)(cudaEvent_t, cudaStream_t, unsigned int)>(&cudaEventRecordWithFlags)));
static_assert(has(static_cast<cudaError_t (*)(cudaEvent_t)>(&cudaEventQuery)));
static_assert(has(static_cast<cudaError_t (*)(cudaEvent_t)>(&cudaEventSynchronize)));
static_assert(has(static_cast<cudaError_t (*)(float*, cudaEvent_t, cudaEvent_t)>(&cudaEventElapsedTime)));
static_assert(has(static_cast<cudaError_t (*)(cudaEvent_t)>(&cudaEventDestroy)));
static_assert(has(static_cast<cudaError_t (*)(cudaFuncAttributes*, const void*)>(&cudaFuncGetAttributes)));
static_assert(has(static_cast<cudaError_t (*)(const void*, cudaFuncAttribute, int)>(&cudaFuncSetAttribute)));
static_assert(has(static_cast<cudaError_t (*)(const void*, cudaFuncCache)>(&cudaFuncSetCacheConfig)));
static_assert(
    has(static_cast<cudaError_t (*)(int*, const void*, int, size_t)>(&cudaOccupancyMaxActiveBlocksPerMultiprocessor)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t, cudaStreamCaptureMode)>(&cudaStreamBeginCapture)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t, cudaGraph_t*)>(&cudaStreamEndCapture)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t, cudaStreamCaptureStatus*)>(&cudaStreamIsCapturing)));
static_assert(has(static_cast<cudaError_t (*)(cudaStream_t, cudaStreamCaptureStatus*, unsigned long long*, cudaGraph_t*,
                                              const cudaGraphNode_t**, const cudaGraphEdgeData**, size_t*)>(
    &cudaStreamGetCaptureInfo)));
static_assert(has(static_cast<cudaError_t (*)(cudaStreamCaptureMode*)>(&cudaThreadExchangeStreamCaptureMode)));
static_assert(
    has(static_cast<cudaError_t (*)(cudaGraphExec_t*, cudaGraph_t, unsigned long long)>(&cudaGraphInstantiate)));
static_assert(has(
    static_cast<cudaError_t (*)(cudaGraphExec_t*, cudaGraph_t, unsigned long long)>(&cudaGraphInstantiateWithFlags)));
static_assert(has(static_cast<cudaError_t (*)(cudaGraphExec_t, cudaStream_t)>(&cudaGraphUpload)));
static_assert(has(static_cast<cudaError_t (*)(cudaGraphExec_t, cudaStream_t)>(&cudaGraphLaunch)));
static_assert(has(static_cast<cudaError_t (*)(cudaGraph_t, cudaGraphNode_t*, size_t*)>(&cudaGraphGetNodes)));
static_assert(has(static_cast<cudaError_t (*)(cudaGraphExec_t)>(&cudaGraphExecDestroy)));
static_assert(has(static_cast<cudaError_t (*)(cudaGraph_t)>(&cudaGraphDestroy)));

static_assert(cudaSuccess == 0);
static_assert(cudaErrorInvalidValue == 1);
static_assert(cudaErrorMemoryAllocation == 2);
static_assert(cudaErrorInitializationError == 3);
static_assert(cudaErrorCudartUnloading == 4);
static_assert(cudaErrorInvalidConfiguration == 9);
static_assert(cudaErrorInvalidPitchValue == 12);
static_assert(cudaErrorInvalidSymbol == 13);
static_assert(cudaErrorInvalidHostPointer == 16);
static_assert(cudaErrorInvalidDevicePointer == 17);
static_assert(cudaErrorInvalidMemcpyDirection == 21);
static_assert(cudaErrorStubLibrary == 34);
static_assert(cudaErrorInsufficientDriver == 35);
static_assert(cudaErrorMissingConfiguration == 52);
static_assert(cudaErrorInvalidDeviceFunction == 98);
static_assert(cudaErrorNoDevice == 100);
static_assert(cudaErrorInvalidDevice == 101);
static_assert(cudaErrorInvalidKernelImage == 200);
static_assert(cudaErrorDeviceUninitialized == 201);
static_assert(cudaErrorNoKernelImageForDevice == 209);
static_assert(cudaErrorPeerAccessUnsupported == 217);
static_assert(cudaErrorInvalidPtx == 218);
static_assert(cudaErrorUnsupportedPtxVersion == 222);
static_assert(cudaErrorInvalidResourceHandle == 400);
static_assert(cudaErrorIllegalState == 401);
static_assert(cudaErrorNotReady == 600);
static_assert(cudaErrorIllegalAddress == 700);
static_assert(cudaErrorLaunchOutOfResources == 701);
static_assert(cudaErrorLaunchTimeout == 702);
static_assert(cudaErrorPeerAccessAlreadyEnabled == 704);
static_assert(cudaErrorPeerAccessNotEnabled == 705);
static_assert(cudaErrorContextIsDestroyed == 709);
static_assert(cudaErrorAssert == 710);
static_assert(cudaErrorHostMemoryAlreadyRegistered == 712);
static_assert(cudaErrorHostMemoryNotRegistered == 713);
static_assert(cudaErrorMisalignedAddress == 716);
static_assert(cudaErrorInvalidAddressSpace == 717);
static_assert(cudaErrorLaunchFailure == 719);
static_assert(cudaErrorNotPermitted == 800);
static_assert(cudaErrorNotSupported == 801);
static_assert(cudaErrorSystemDriverMismatch == 803);
static_assert(cudaErrorStreamCaptureUnsupported == 900);
static_assert(cudaErrorStreamCaptureInvalidated == 901);
static_assert(cudaErrorStreamCaptureMerge == 902);
static_assert(cudaErrorStreamCaptureUnmatched == 903);
static_assert(cudaErrorStreamCaptureUnjoined == 904);
static_assert(cudaErrorStreamCaptureIsolation == 905);
static_assert(cudaErrorStreamCaptureImplicit == 906);
static_assert(cudaErrorCapturedEvent == 907);
static_assert(cudaErrorStreamCaptureWrongThread == 908);
static_assert(cudaErrorGraphExecUpdateFailure == 910);
static_assert(cudaErrorUnknown == 999);
static_assert(cudaMemcpyHostToHost == 0);
static_assert(cudaMemcpyHostToDevice == 1);
static_assert(cudaMemcpyDeviceToHost == 2);
static_assert(cudaMemcpyDeviceToDevice == 3);
static_assert(cudaMemcpyDefault == 4);
static_assert(cudaMemoryTypeUnregistered == 0);
static_assert(cudaMemoryTypeHost == 1);
static_assert(cudaMemoryTypeDevice == 2);
static_assert(cudaMemoryTypeManaged == 3);
static_assert(cudaDevAttrMaxThreadsPerBlock == 1);
static_assert(cudaDevAttrMaxBlockDimX == 2);
static_assert(cudaDevAttrMaxBlockDimY == 3);
static_assert(cudaDevAttrMaxBlockDimZ == 4);
static_assert(cudaDevAttrMaxGridDimX == 5);
static_assert(cudaDevAttrMaxGridDimY == 6);
static_assert(cudaDevAttrMaxGridDimZ == 7);
static_assert(cudaDevAttrMaxSharedMemoryPerBlock == 8);
static_assert(cudaDevAttrTotalConstantMemory == 9);
static_assert(cudaDevAttrWarpSize == 10);
static_assert(cudaDevAttrMaxRegistersPerBlock == 12);
static_assert(cudaDevAttrClockRate == 13);
static_assert(cudaDevAttrMultiProcessorCount == 16);
static_assert(cudaDevAttrMemoryClockRate == 36);
static_assert(cudaDevAttrGlobalMemoryBusWidth == 37);
static_assert(cudaDevAttrL2CacheSize == 38);
static_assert(cudaDevAttrMaxThreadsPerMultiProcessor == 39);
static_assert(cudaDevAttrComputeCapabilityMajor == 75);
static_assert(cudaDevAttrComputeCapabilityMinor == 76);
static_assert(cudaDevAttrMaxSharedMemoryPerMultiprocessor == 81);
static_assert(cudaDevAttrMaxRegistersPerMultiprocessor == 82);
static_assert(cudaDevAttrMaxSharedMemoryPerBlockOptin == 97);
static_assert(cudaDevAttrMaxBlocksPerMultiprocessor == 106);
static_assert(cudaDevAttrReservedSharedMemoryPerBlock == 111);
static_assert(cudaDevAttrMemoryPoolsSupported == 115);
static_assert(cudaFuncAttributeMaxDynamicSharedMemorySize == 8);
static_assert(cudaFuncAttributePreferredSharedMemoryCarveout == 9);
static_assert(cudaFuncCachePreferNone == 0);
static_assert(cudaFuncCachePreferShared == 1);
static_assert(cudaFuncCachePreferL1 == 2);
static_assert(cudaFuncCachePreferEqual == 3);
static_assert(cudaMemPoolReuseFollowEventDependencies == 0x1);
static_assert(cudaMemPoolReuseAllowOpportunistic == 0x2);
static_assert(cudaMemPoolReuseAllowInternalDependencies == 0x3);
static_assert(cudaMemPoolAttrReleaseThreshold == 0x4);
static_assert(cudaMemPoolAttrReservedMemCurrent == 0x5);
static_assert(cudaMemPoolAttrReservedMemHigh == 0x6);
static_assert(cudaMemPoolAttrUsedMemCurrent == 0x7);
static_assert(cudaMemPoolAttrUsedMemHigh == 0x8);
static_assert(cudaMemLocationTypeInvalid == 0);
static_assert(cudaMemLocationTypeDevice == 1);
static_assert(cudaMemAllocationTypeInvalid == 0);
static_assert(cudaMemAllocationTypePinned == 1);
static_assert(cudaMemHandleTypeNone == 0);
static_assert(cudaStreamCaptureStatusNone == 0);
static_assert(cudaStreamCaptureStatusActive == 1);
static_assert(cudaStreamCaptureStatusInvalidated == 2);
static_assert(cudaStreamCaptureModeGlobal == 0);
static_assert(cudaStreamCaptureModeThreadLocal == 1);
static_assert(cudaStreamCaptureModeRelaxed == 2);

static_assert(std::is_same_v<decltype(cudaDeviceProp::name), char[256]>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::uuid), cudaUUID_t>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::totalGlobalMem), size_t>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::sharedMemPerBlock), size_t>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::regsPerBlock), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::warpSize), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::memPitch), size_t>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::maxThreadsPerBlock), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::maxThreadsDim), int[3]>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::maxGridSize), int[3]>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::totalConstMem), size_t>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::major), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::minor), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::multiProcessorCount), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::integrated), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::canMapHostMemory), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::concurrentKernels), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::ECCEnabled), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::pciBusID), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::pciDeviceID), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::pciDomainID), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::asyncEngineCount), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::unifiedAddressing), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::memoryBusWidth), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::l2CacheSize), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::maxThreadsPerMultiProcessor), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::streamPrioritiesSupported), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::sharedMemPerMultiprocessor), size_t>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::regsPerMultiprocessor), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::managedMemory), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::pageableMemoryAccess), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::cooperativeLaunch), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::sharedMemPerBlockOptin), size_t>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::maxBlocksPerMultiProcessor), int>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::reservedSharedMemPerBlock), size_t>);
static_assert(std::is_same_v<decltype(cudaDeviceProp::memoryPoolsSupported), int>);
static_assert(sizeof(cudaMemPoolProps) == 88 && sizeof(cudaUUID_t) == 16 && sizeof(cudaGraphEdgeData) == 8);

static_assert(sizeof(float4) == 16 && alignof(float4) == 16 && sizeof(float3) == 12 && alignof(float2) == 8);
static_assert(sizeof(uchar4) == 4 && alignof(uchar4) == 4 && sizeof(short4) == 8 && alignof(short4) == 8);
static_assert(sizeof(double2) == 16 && alignof(double2) == 16 && sizeof(dim3) == 12);
static_assert(sizeof(longlong2) == 16 && alignof(longlong2) == 16);

}  // namespace
