#include "bench_kernels/other_work.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace cresset::program::bench {

OtherWork::OtherWork() : begin_(now()) {}

OtherWork::Seconds OtherWork::now() {
  Seconds out;
  std::ifstream file("/proc/stat");
  std::string word;
  // cpu user nice system idle iowait irq softirq steal
  if (!(file >> word) || word != "cpu") return out;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  double value = 0;
  for (int i = 0; i < 8 && file >> value; ++i) {
    out.all += value / ticks;
    if (i != 3 && i != 4) out.busy += value / ticks;
  }
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0)
    for (const timeval& t : {usage.ru_utime, usage.ru_stime})
      out.own += static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  return out;
}

double OtherWork::share() const {
  const Seconds end = now();
  const double all = end.all - begin_.all;
  return all > 0 ? std::clamp((end.busy - begin_.busy - (end.own - begin_.own)) / all, 0.0, 1.0) : 0;
}

}  // namespace cresset::program::bench
