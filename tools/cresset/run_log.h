// The log of a training: one JSON object a line.
#pragma once

#include <cstdint>
#include <fstream>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace cresset::program {

class RunLog {
 public:
  // "" for none. A new training begins a new file; one that is resumed keeps the lines up to `step`.
  RunLog(const std::string& path, bool resumed, std::int64_t step);

  // Each line is on its way to the disk when this returns, so a killed run loses none.
  void write(const nlohmann::ordered_json& line);

 private:
  std::string path_;
  std::ofstream file_;
};

}  // namespace cresset::program
