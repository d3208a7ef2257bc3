#include "bench_kernels/clocks.h"

#include <dlfcn.h>

namespace cresset::program::bench {
namespace {

// Names, numbers and types of NVIDIA's documentation: CUDA Driver API (CUdevice_attribute) and NVML API Reference.
enum Attribute {
  kClockRate = 13,
  kMultiprocessors = 16,
  kMemoryClockRate = 36,
  kBusWidth = 37,
  kMajor = 75,
  kMinor = 76
};
enum NvmlClock { kSm = 1, kMemory = 2 };
constexpr unsigned long long kByPower = 0x4 | 0x80, kByHeat = 0x8 | 0x20 | 0x40, kBySetting = 0x2 | 0x10 | 0x100;

// Not closed: the backend uses the driver for as long as the process lives.
void* open_first(const char* name, const char* otherwise) {
  void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  return library ? library : ::dlopen(otherwise, RTLD_NOW | RTLD_LOCAL);
}

template <class Function>
bool find(void* library, const char* name, Function*& function) {
  function = library ? reinterpret_cast<Function*>(::dlsym(library, name)) : nullptr;
  return function != nullptr;
}

}  // namespace

struct GpuMonitor::Impl {
  int (*get_attribute)(int*, int, int) = nullptr;
  int cuda_device = 0;
  bool has_driver = false;
  int (*shutdown)() = nullptr;
  int (*get_clock)(void*, unsigned, unsigned*) = nullptr;
  int (*get_reasons)(void*, unsigned long long*) = nullptr;
  void* nvml_device = nullptr;
  char version[80] = {};

  void open_driver(int index, char (&pci)[32]) {
    void* driver = open_first("libcuda.so.1", "libcuda.so");
    int (*init)(unsigned) = nullptr;
    int (*get_device)(int*, int) = nullptr;
    int (*get_pci)(char*, int, int) = nullptr;
    has_driver = find(driver, "cuInit", init) && find(driver, "cuDeviceGet", get_device) &&
                 find(driver, "cuDeviceGetPCIBusId", get_pci) && find(driver, "cuDeviceGetAttribute", get_attribute) &&
                 init(0) == 0 && get_device(&cuda_device, index) == 0 && get_pci(pci, sizeof pci, cuda_device) == 0;
  }
  // By its place on the bus: CUDA_VISIBLE_DEVICES renumbers the driver's devices, not NVML's.
  void open_nvml(const char* pci) {
    void* nvml = open_first("libnvidia-ml.so.1", "libnvidia-ml.so");
    int (*init)() = nullptr;
    int (*by_pci)(const char*, void**) = nullptr;
    int (*get_version)(char*, unsigned) = nullptr;
    if (!find(nvml, "nvmlInit_v2", init) || !find(nvml, "nvmlDeviceGetHandleByPciBusId_v2", by_pci) ||
        !find(nvml, "nvmlDeviceGetClockInfo", get_clock) || init() != 0)
      return;
    find(nvml, "nvmlShutdown", shutdown);
    find(nvml, "nvmlDeviceGetCurrentClocksThrottleReasons", get_reasons);
    if (by_pci(pci, &nvml_device) != 0) nvml_device = nullptr;
    if (find(nvml, "nvmlSystemGetDriverVersion", get_version)) get_version(version, sizeof version);
  }
  int attribute(int which) const {
    int value = 0;
    return get_attribute(&value, which, cuda_device) == 0 ? value : 0;
  }
};

GpuMonitor::GpuMonitor(const Device& device) : impl_(std::make_unique<Impl>()) {
  char pci[32] = {};
  impl_->open_driver(device.index, pci);
  if (impl_->has_driver) impl_->open_nvml(pci);
}
GpuMonitor::~GpuMonitor() {
  if (impl_->shutdown) impl_->shutdown();
}

std::optional<GpuFigures> GpuMonitor::figures() const {
  if (!impl_->has_driver) return {};
  return GpuFigures{.driver = impl_->version,
                    .major = impl_->attribute(kMajor),
                    .minor = impl_->attribute(kMinor),
                    .multiprocessors = impl_->attribute(kMultiprocessors),
                    .boost_hz = 1e3 * impl_->attribute(kClockRate),
                    .memory_hz = 1e3 * impl_->attribute(kMemoryClockRate),
                    .memory_bits = impl_->attribute(kBusWidth)};
}

std::optional<Clocks> GpuMonitor::clocks() const {
  if (!impl_->nvml_device) return {};
  unsigned sm = 0, memory = 0;
  if (impl_->get_clock(impl_->nvml_device, kSm, &sm) != 0 ||
      impl_->get_clock(impl_->nvml_device, kMemory, &memory) != 0)
    return {};
  unsigned long long reasons = 0;
  if (impl_->get_reasons && impl_->get_reasons(impl_->nvml_device, &reasons) != 0) reasons = 0;
  const char* held_back = reasons & kByHeat      ? "heat"
                          : reasons & kByPower   ? "power"
                          : reasons & kBySetting ? "a setting"
                                                 : "";
  return Clocks{static_cast<int>(sm), static_cast<int>(memory), held_back};
}

}  // namespace cresset::program::bench
