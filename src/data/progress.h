// The line that shows how a download gets on.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cresset::data {

// One line on stderr, rewritten a few times a second; nothing where stderr is no terminal or `wanted` is false.
class Progress {
 public:
  Progress(std::string what, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // `total` is 0 where it is not known.
  void show(std::int64_t done, std::int64_t total);

 private:
  std::string what_;
  bool shown_;
  bool any_ = false;
  std::int64_t first_ = 0;
  std::chrono::steady_clock::time_point start_, last_;
};

// "cifar.tar.gz: 12.5 of 162.2 MiB (8%), 3.1 MiB/s"
std::string progress_line(const std::string& what, std::int64_t done, std::int64_t total, double bytes_per_second);

}  // namespace cresset::data
