#include "support/subprocess.h"

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>

namespace cresset::test {

Outcome run_self(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  // No argument here holds a quote or comes from outside.
  std::string command = "env -u GTEST_OUTPUT ";  // its cases are not counted in this one's place
  for (const std::string& variable : environment)
    if (!variable.empty()) command += "'" + variable + "' ";
  command += "'" + std::filesystem::read_symlink("/proc/self/exe").string() + "'";
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  command += " 2>&1";
  Outcome outcome{-1, ""};
  std::FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return outcome;
  char buffer[4096];
  while (const std::size_t n = std::fread(buffer, 1, sizeof(buffer), pipe)) outcome.output.append(buffer, n);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
  return outcome;
}

}  // namespace cresset::test
