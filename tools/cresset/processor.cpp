#include "processor.h"

#include <fstream>

namespace cresset::program {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string_view isa_name(CpuIsa isa) {
  constexpr std::string_view names[] = {"sse4", "avx2", "avx512", "avx512_bf16", "amx"};
  return names[static_cast<std::size_t>(isa)];
}

}  // namespace cresset::program
