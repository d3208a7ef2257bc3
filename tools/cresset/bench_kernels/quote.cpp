#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "bench_kernels/table.h"

namespace cresset::program::bench {
namespace {

struct Tally {
  int of[4] = {};
  double logarithms = 0;
  std::set<std::string> with = {};

  int count() const { return of[0] + of[1] + of[2] + of[3]; }
  void add(const Comparison& c) {
    ++of[static_cast<int>(c.verdict)];
    logarithms += std::log(c.ratio.value);
    with.insert(c.with);
  }
};

}  // namespace

std::string quote_of(const Report& report) {
  const Facts& f = report.facts;
  std::set<std::string> tasks, dtypes, of_libraries;
  std::map<std::string, double> best;  // by task: the least time of our own kernels, in times of the library's
  Tally tally;
  int wrong = 0;
  for (const Row& row : report.rows) {
    if (row.deviation && row.deviation->wrong()) ++wrong;
    if (!row.measured() || row.op == "conversion") continue;
    tasks.insert(row.task());
    dtypes.insert(row.dtype);
    if (row.chosen && row.compared_warm) tally.add(*row.compared_warm);
    if (row.chosen && !row.compared_warm) of_libraries.insert(row.task());
    if (row.compared_warm) {
      const double ratio = row.compared_warm->ratio.value;
      const auto [at, is_new] = best.emplace(row.task(), ratio);
      if (!is_new) at->second = std::min(at->second, ratio);
    }
  }
  double logarithms = 0;
  int compared = 0;
  for (const auto& [task, ratio] : best)
    if (of_libraries.contains(task)) {
      logarithms += std::log(ratio);
      ++compared;
    }
  std::string out = f.simulated ? fmt::format("cresset {}, {} (counts of a simulator, not measured), {}: ", f.version,
                                              f.device, fmt::join(dtypes, ", "))
                    : f.device == f.processor
                        ? fmt::format("cresset {}, {} ({}, {} threads), {}: ", f.version, f.device, f.isa, f.threads,
                                      fmt::join(dtypes, ", "))
                        : fmt::format("cresset {}, {}, {}: ", f.version, f.device, fmt::join(dtypes, ", "));
  const int n = tally.count();
  if (n == 0) {
    out += fmt::format("{} tasks, none of which dispatch gives to a kernel of its own that a library's stands beside",
                       tasks.size());
  } else {
    const double ratio = std::exp(tally.logarithms / n);
    out += fmt::format("of {} tasks, dispatch takes a kernel of its own in {} that {} computes, too: ", tasks.size(), n,
                       fmt::join(tally.with, " or "));
    if (f.simulated)
      out += fmt::format("{:.2f} times its instructions (geometric mean)", ratio);
    else
      out += fmt::format(
          "faster in {}, the same in {}, slower in {}, ambiguous in {}; {:.2f} times its speed (geometric "
          "mean, warm, {:g}% confidence, margin {:g}%)",
          tally.of[0], tally.of[1], tally.of[2], tally.of[3], 1 / ratio, f.precision.confidence * 100, f.margin * 100);
  }
  if (compared > 0)
    out += fmt::format(
        "; where it takes the library's, in {}, the best of its own takes {:.2f} times as {} (geometric mean)",
        compared, std::exp(logarithms / compared), f.simulated ? "many instructions" : "long");
  if (wrong > 0) out += fmt::format("; {} WRONG results", wrong);
  return out;
}

}  // namespace cresset::program::bench
