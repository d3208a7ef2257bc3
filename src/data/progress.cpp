#include "data/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace cresset::data {

std::string progress_line(const std::string& what, std::int64_t done, std::int64_t total, double bytes_per_second) {
  constexpr double mib = 1024 * 1024;
  const double part = static_cast<double>(done);
  if (total <= 0) return fmt::format("{}: {:.1f} MiB, {:.1f} MiB/s", what, part / mib, bytes_per_second / mib);
  const double whole = static_cast<double>(total);
  return fmt::format("{}: {:.1f} of {:.1f} MiB ({:.0f}%), {:.1f} MiB/s", what, part / mib, whole / mib,
                     100 * part / whole, bytes_per_second / mib);
}

Progress::Progress(std::string what, bool wanted)
    : what_(std::move(what)), shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (any_) std::fputc('\n', stderr);
}

void Progress::show(std::int64_t done, std::int64_t total) {
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  if (!any_) {
    start_ = now;
    first_ = done;
  } else if (now - last_ < std::chrono::milliseconds(200) && done != total) {
    return;
  }
  any_ = true;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done - first_) / seconds : 0;
  const std::string line = progress_line(what_, done, total, rate);
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
}

}  // namespace cresset::data
