#include "run_log.h"

#include <cresset/error.h>
#include <cresset/io/atomic_file.h>

#include <nlohmann/json.hpp>

namespace cresset::program {
namespace {

// The lines that stay: whole ones, of steps that are not done again.
std::string lines_until(const std::string& path, std::int64_t step) {
  std::ifstream old(path);
  std::string kept;
  for (std::string line; std::getline(old, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || json.value("step", std::int64_t{0}) > step) break;
    kept += line + '\n';
  }
  return kept;
}

}  // namespace

RunLog::RunLog(const std::string& path, bool resumed, std::int64_t step) : path_(path) {
  if (path.empty()) return;
  io::AtomicFile start(path, "log");
  start.write(resumed ? lines_until(path, step) : "");
  start.commit();
  file_.open(path, std::ios::app);
  if (!file_) throw IoError("log: " + path + ": cannot open it");
}

void RunLog::write(const nlohmann::ordered_json& line) {
  if (path_.empty()) return;
  file_ << line.dump() << '\n' << std::flush;
  if (!file_) throw IoError("log: " + path_ + ": cannot write");
}

}  // namespace cresset::program
