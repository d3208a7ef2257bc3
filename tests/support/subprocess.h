// This program again, in a process of its own: with another instruction set or with logging.
#pragma once

#include <string>
#include <vector>

namespace cresset::test {

struct Outcome {
  int status;          // of exit; -1 where it was killed
  std::string output;  // both streams
};
// `environment`: "NAME=value" on top of this process's. Waits for the end.
Outcome run_self(const std::vector<std::string>& arguments, const std::vector<std::string>& environment);

}  // namespace cresset::test
