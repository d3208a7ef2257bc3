#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <set>

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
  std::set<std::string> tasks, dtypes;
  Tally tally;
  int wrong = 0;
  for (const Row& row : report.rows) {
    if (row.deviation && row.deviation->wrong()) ++wrong;
    if (!row.measured() || row.op == "conversion") continue;
    tasks.insert(row.task());
    dtypes.insert(row.dtype);
    // Where dispatch takes the library's own kernel there is nothing to compare.
    if (row.chosen && row.compared_warm) tally.add(*row.compared_warm);
  }
  std::string out = f.simulated ? fmt::format("cresset {}, {} (counts of a simulator, not measured), {}: ", f.version,
                                              f.device, fmt::join(dtypes, ", "))
                    : f.device == f.processor
                        ? fmt::format("cresset {}, {} ({}, {} threads), {}: ", f.version, f.device, f.isa, f.threads,
                                      fmt::join(dtypes, ", "))
                        : fmt::format("cresset {}, {}, {}: ", f.version, f.device, fmt::join(dtypes, ", "));
  const int n = tally.count();
  if (n == 0) {
    out += fmt::format("{} tasks, none of which dispatch gives to a kernel with a library's beside it", tasks.size());
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
  if (wrong > 0) out += fmt::format("; {} WRONG results", wrong);
  return out;
}

}  // namespace cresset::program::bench
