#include "report.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include "cudasim.h"

namespace cudasim {
namespace {

std::mutex mutex;
bool printed = true;
// Never destroyed: a report may come while the process ends.
std::vector<std::string>& kept() {
  static auto& reports = *new std::vector<std::string>;
  return reports;
}

}  // namespace

void report(const char* kind, const std::string& text) {
  std::string line = std::string("cudasim: ") + kind + ": " + text;
  const std::lock_guard lock(mutex);
  if (printed) std::fprintf(stderr, "%s\n", line.c_str());
  kept().push_back(std::move(line));
}

std::vector<std::string> take_reports() {
  const std::lock_guard lock(mutex);
  std::vector<std::string> taken;
  taken.swap(kept());
  return taken;
}

void print_reports(bool print) { printed = print; }

std::string variant_name(const Kernel& kernel) {
  // "... [with auto kKernel = saxpy<2>]" by g++, "... [kKernel = &saxpy]" by clang++.
  std::string name = kernel.pretty;
  const auto begin = name.find("kKernel = ");
  if (begin != std::string::npos) name = name.substr(begin + 10);
  name = name.substr(0, name.find_first_of(";]"));
  if (name.starts_with('&')) name = name.substr(1);
  return name;
}

std::string kernel_name(const Kernel& kernel) {
  std::string name = variant_name(kernel);
  const auto scope = name.substr(0, name.find('<')).rfind("::");
  if (scope != std::string::npos) name = name.substr(scope + 2);
  return name;
}

std::string code_location(const void* address) {
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "an unknown place";
  const auto offset = static_cast<const char*>(address) - static_cast<const char*>(info.dli_fbase);
  const std::string command = format("addr2line -Cfie '%s' 0x%tx 2>/dev/null", info.dli_fname, offset);
  std::string found;
  if (FILE* pipe = popen(command.c_str(), "r")) {
    // Frames, innermost first: the first that is not the simulator's own.
    char function[1024] = "", line[1024] = "";
    while (std::fgets(function, sizeof function, pipe) && std::fgets(line, sizeof line, pipe)) {
      if (line[0] == '?' || !found.empty() || std::strstr(line, "/cudasim/include/") != nullptr) continue;
      function[std::strcspn(function, "\n")] = '\0';
      line[std::strcspn(line, " \n")] = '\0';
      const char* base = std::strrchr(line, '/');
      found = std::string(base ? base + 1 : line) + " in " + function;
    }
    pclose(pipe);
  }
  if (!found.empty()) return found;
  if (info.dli_sname == nullptr) return format("%s+0x%tx", info.dli_fname, offset);
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> plain(abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status),
                                                     std::free);
  return plain ? plain.get() : info.dli_sname;
}

std::string format(const char* pattern, ...) {
  char text[2048];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

}  // namespace cudasim
