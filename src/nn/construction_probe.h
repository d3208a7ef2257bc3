// Notes every module, parameter and buffer that is constructed on this thread while it lives; with it, the members of
// a module are found without being listed.
#pragma once

#include <cresset/nn/module.h>

#include <set>

namespace cresset::nn::detail {

class ConstructionProbe {
 public:
  ConstructionProbe();
  ~ConstructionProbe();
  ConstructionProbe(const ConstructionProbe&) = delete;
  ConstructionProbe& operator=(const ConstructionProbe&) = delete;

  // Those that still exist.
  std::set<ModuleBase*> modules;
  std::set<Parameter*> parameters;
  std::set<Buffer*> buffers;

  // The innermost of this thread, or null.
  static ConstructionProbe* current() noexcept;

 private:
  ConstructionProbe* outer_;
};

}  // namespace cresset::nn::detail
