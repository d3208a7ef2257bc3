#include "bench_kernels/table.h"

#include <fmt/format.h>

namespace cresset::program::bench {
namespace {

std::string percent(double part) { return fmt::format("{:.{}f}%", part * 100, part < 0.0995 ? 1 : 0); }

std::string comparison_text(const std::optional<Comparison>& c) {
  if (!c) return "";
  return fmt::format("{:.2f} ({:.2f} to {:.2f}) of {}: {}", c->ratio.value, c->ratio.low, c->ratio.high, c->with,
                     name(c->verdict));
}

std::string error_text(const Row& row) {
  if (!row.deviation) return "";
  return fmt::format("{:.1e}{}", row.deviation->largest, row.deviation->wrong() ? " WRONG" : "");
}

std::string line_of(const Report& report, const Row& row) {
  const char mark = row.chosen ? '*' : ' ';
  if (!row.measured()) return fmt::format("{} {:<12} {}\n", mark, row.kernel, row.missing);
  if (row.counts) {
    const Counts& c = *row.counts;
    return fmt::format("{} {:<12} simulated {:>11.4g} {:>11.4g} {:>11.4g} {:>9.4g} {:>9.4g} {:>9} {:<8}{}\n", mark,
                       row.kernel, c.instructions(), c.bytes() / 1e6, c.shared_wavefronts, c.mma, c.barriers,
                       fmt::format("{:.3g}", row.flops / c.bytes()), error_text(row),
                       comparison_text(row.compared_warm));
  }
  const double confidence = report.facts.precision.confidence, warm = row.warm->estimate.mean;
  const double share = report.share(row);
  return fmt::format("{} {:<12} {:>9} {:>6}{} {:>9} {:>6}{} {:>8} {:>7.1f} {:>7} {:>8}  {}{}\n", mark, row.kernel,
                     time_text(warm), percent(row.warm->estimate.relative_error(confidence)),
                     row.warm->reached ? ' ' : '!', time_text(row.cold->estimate.mean),
                     percent(row.cold->estimate.relative_error(confidence)), row.cold->reached ? ' ' : '!',
                     row.flops > 0 ? fmt::format("{:.3g}", row.flops / warm * 1e-12) : "", row.bytes / warm * 1e-9,
                     share > 0 ? percent(share) : "", error_text(row), comparison_text(row.compared_warm),
                     row.engine.empty() ? "" : fmt::format(" [{}]", row.engine));
}

std::string heading(const Report& report) {
  if (report.facts.simulated)
    return fmt::format("  {:<12} {:<9} {:>11} {:>11} {:>11} {:>9} {:>9} {:>9} {:<8}{}\n", "kernel", "", "warp instr.",
                       "MB asked", "shared cyc.", "mma", "barriers", "FLOP/byte", "error", "instructions");
  return fmt::format("  {:<12} {:>9} {:>7} {:>9} {:>7} {:>8} {:>7} {:>7} {:>8}  {}\n", "kernel", "warm", "+-", "cold",
                     "+-", "TFLOP/s", "GB/s", "of roof", "error", "warm time");
}

}  // namespace

std::string time_text(double seconds) {
  const auto [factor, unit] = seconds < 1e-6   ? std::pair(1e9, "ns")
                              : seconds < 1e-3 ? std::pair(1e6, "us")
                              : seconds < 1    ? std::pair(1e3, "ms")
                                               : std::pair(1.0, "s");
  const double value = seconds * factor;
  return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, unit);
}

std::string table_of(const Report& report) {
  const Facts& f = report.facts;
  std::string out = fmt::format("cresset {} on {}\n", f.version, f.device);
  if (f.simulated)
    out += "simulated: counts of the simulator, no times; results of the real kernels' source\n";
  else
    out += fmt::format(
        "processor {}, {}, {} threads{}\nmean times, with half the width of their interval at {:g}% confidence; ! "
        "where "
        "{:g} s were over before it was {:g}%\n",
        f.processor, f.isa, f.threads, f.driver.empty() ? "" : ", driver " + f.driver, f.precision.confidence * 100,
        f.precision.seconds, f.precision.relative * 100);
  if (!f.simulated && f.others_busy > 0.05)
    out += fmt::format(
        "other processes took {:.0f}% of the processors' time: figures of the CPU are not to be relied on\n",
        f.others_busy * 100);
  for (const auto& [dtype, roof] : report.roofs)
    out += fmt::format("roof of {}: {:.4g} TFLOP/s, {:.4g} GB/s ({})\n", dtype, roof.flops * 1e-12, roof.bytes * 1e-9,
                       roof.source);
  out += "* is what dispatch takes\n";
  std::string task;
  for (const Row& row : report.rows) {
    if (row.task() != task) {
      if (row.op != "conversion" || task.find("conversion") == std::string::npos)
        out += fmt::format("\n{}\n{}", row.task(), heading(report));
      else
        out += fmt::format("{}\n", row.task());
      task = row.task();
    }
    out += line_of(report, row);
    if (row.clocks && row.chosen)
      out +=
          fmt::format("  clocks: multiprocessors {} MHz, memory {} MHz{}\n", row.clocks->sm_mhz, row.clocks->memory_mhz,
                      row.clocks->held_back.empty() ? "" : ", held back by " + row.clocks->held_back);
  }
  return out;
}

}  // namespace cresset::program::bench
