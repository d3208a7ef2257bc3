// A stand-in for the NVIDIA driver's library (libcuda.so.1), for tests on machines without one.
//
// It runs nothing and says so: there is no device. Only loading code succeeds, because cuDNN loads what it has compiled
// when a plan is finalised, long before anything runs. The names are those that cuDNN 9 looks up.
namespace {

constexpr int kSuccess = 0, kNoDevice = 100;

// Nobody ever uses one: launching is refused.
int code = 0;

}  // namespace

extern "C" {

int cuLibraryLoadData(void** library, ...) {
  *library = &code;
  return kSuccess;
}
int cuLibraryGetKernel(void** kernel, ...) {
  *kernel = &code;
  return kSuccess;
}
int cuModuleLoadData(void** module, ...) {
  *module = &code;
  return kSuccess;
}
int cuModuleLoadDataEx(void** module, ...) {
  *module = &code;
  return kSuccess;
}
int cuModuleGetFunction(void** function, ...) {
  *function = &code;
  return kSuccess;
}
int cuKernelSetAttribute() { return kSuccess; }
int cuFuncSetAttribute() { return kSuccess; }
int cuKernelGetAttribute(int* value, ...) {
  *value = 0;
  return kSuccess;
}
int cuFuncGetAttribute(int* value, ...) {
  *value = 0;
  return kSuccess;
}
int cuLibraryUnload() { return kSuccess; }
int cuModuleUnload() { return kSuccess; }
int cuDriverGetVersion(int* version) {
  *version = 13000;
  return kSuccess;
}
int cuDeviceGetCount(int* count) {
  *count = 0;
  return kNoDevice;
}
int cuGetErrorName(int, const char** name) {
  *name = "CUDASIM_STAND_IN";
  return kSuccess;
}
int cuGetErrorString(int, const char** text) {
  *text = "this is cudasim's stand-in for the driver";
  return kSuccess;
}

int cuCtxGetCurrent() { return kNoDevice; }
int cuCtxGetDevice() { return kNoDevice; }
int cuCtxGetLimit() { return kNoDevice; }
int cuCtxPopCurrent() { return kNoDevice; }
int cuCtxPushCurrent() { return kNoDevice; }
int cuDeviceGet() { return kNoDevice; }
int cuDeviceGetAttribute() { return kNoDevice; }
int cuDevicePrimaryCtxRelease() { return kNoDevice; }
int cuDevicePrimaryCtxReset() { return kNoDevice; }
int cuDevicePrimaryCtxRetain() { return kNoDevice; }
int cuInit() { return kNoDevice; }
int cuLaunchCooperativeKernel() { return kNoDevice; }
int cuLaunchKernel() { return kNoDevice; }
int cuLaunchKernelEx() { return kNoDevice; }
int cuLibraryLoadFromFile() { return kNoDevice; }
int cuLinkAddData() { return kNoDevice; }
int cuLinkAddData_v2() { return kNoDevice; }
int cuLinkAddFile_v2() { return kNoDevice; }
int cuLinkComplete() { return kNoDevice; }
int cuLinkCreate() { return kNoDevice; }
int cuLinkCreate_v2() { return kNoDevice; }
int cuLinkDestroy() { return kNoDevice; }
int cuMemcpyDtoH_v2() { return kNoDevice; }
int cuModuleGetGlobal_v2() { return kNoDevice; }
int cuModuleLoadFatBinary() { return kNoDevice; }
int cuOccupancyMaxActiveBlocksPerMultiprocessor() { return kNoDevice; }
int cuOccupancyMaxPotentialClusterSize() { return kNoDevice; }
int cuStreamGetCtx() { return kNoDevice; }
int cuStreamSynchronize() { return kNoDevice; }
int cuTensorMapEncodeTiled() { return kNoDevice; }

}  // extern "C"
