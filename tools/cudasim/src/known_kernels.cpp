// Which kernels there are, and how often each was launched: a kernel is a template's instance, so that every variant
// counts.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>

#include "cudasim.h"
#include "report.h"

namespace cudasim {
namespace {

// Launches by name. Kernels are known before main() and forgotten after it, with the library that holds them.
class KnownKernels {
 public:
  // Constructed before the first kernel and so destroyed after the last.
  static KnownKernels& instance() {
    static KnownKernels kernels;
    return kernels;
  }

  void add(const Kernel& kernel) {
    const std::lock_guard lock(mutex_);
    alive_.push_back(&kernel);
  }
  void remove(const Kernel& kernel) {
    const std::lock_guard lock(mutex_);
    alive_.erase(std::find(alive_.begin(), alive_.end(), &kernel));
    gone_[variant_name(kernel)] += kernel.launches;
  }
  std::map<std::string, size_t> launches() {
    const std::lock_guard lock(mutex_);
    auto all = gone_;
    for (const Kernel* kernel : alive_) all[variant_name(*kernel)] += kernel->launches;
    return all;
  }

  // CRESSET_SIM_LAUNCHES names a folder: a file for each process, a line for each kernel, `launches name`.
  ~KnownKernels() {
    const char* folder = std::getenv("CRESSET_SIM_LAUNCHES");
    if (folder == nullptr || gone_.empty()) return;
    const std::string path = format("%s/%d", folder, static_cast<int>(getpid()));
    if (FILE* out = std::fopen(path.c_str(), "w")) {
      for (const auto& [name, launches] : gone_) std::fprintf(out, "%zu %s\n", launches, name.c_str());
      std::fclose(out);
    }
  }

 private:
  std::mutex mutex_;
  std::vector<const Kernel*> alive_;
  std::map<std::string, size_t> gone_;
};

}  // namespace

KnownKernel::KnownKernel(const Kernel& k) : kernel(k) { KnownKernels::instance().add(k); }
KnownKernel::~KnownKernel() { KnownKernels::instance().remove(kernel); }

std::vector<KernelLaunches> kernels() {
  std::vector<KernelLaunches> list;
  for (auto& [name, launches] : KnownKernels::instance().launches()) list.push_back({name, launches});
  return list;
}

}  // namespace cudasim
