#include "bench_kernels/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cresset::program::bench {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string number(double value) { return fmt::format("{:.6g}", value); }

using Cells = std::vector<std::string>;

void add_times(Cells& cells, const std::optional<Sampled>& s, double confidence) {
  if (s)
    cells.insert(cells.end(), {number(s->estimate.mean), number(s->estimate.relative_error(confidence)),
                               std::to_string(s->estimate.samples), s->reached ? "1" : "0"});
  else
    cells.insert(cells.end(), 4, "");
}

void add_comparison(Cells& cells, const std::optional<Comparison>& c) {
  if (c)
    cells.insert(cells.end(), {c->with, number(c->ratio.value), number(c->ratio.low), number(c->ratio.high),
                               std::string(name(c->verdict))});
  else
    cells.insert(cells.end(), 5, "");
}

Cells cells_of(const Report& report, const Row& row) {
  const Facts& f = report.facts;
  Cells cells{f.device,   f.simulated ? "1" : "0", row.network, row.layer,         row.sizes,
              row.op,     row.direction,           row.dtype,   row.layout,        row.kernel,
              row.engine, row.chosen ? "1" : "0",  row.missing, number(row.flops), number(row.bytes)};
  add_times(cells, row.warm, f.precision.confidence);
  add_times(cells, row.cold, f.precision.confidence);
  const auto add = [&](bool is_there, double value) { cells.push_back(is_there ? number(value) : ""); };
  const double seconds = row.warm ? row.warm->estimate.mean : 1;
  add(row.warm.has_value(), row.flops / seconds * 1e-12);
  add(row.warm.has_value(), row.bytes / seconds * 1e-9);
  add(report.share(row) > 0, report.share(row));
  add_comparison(cells, row.compared_warm);
  add_comparison(cells, row.compared_cold);
  add(row.deviation.has_value(), row.deviation ? row.deviation->largest : 0);
  add(row.deviation.has_value(), row.deviation ? row.deviation->bound : 0);
  const Counts c = row.counts.value_or(Counts{});
  for (const double value : {c.instructions(), c.bytes(), c.shared_wavefronts, c.barriers, c.mma})
    add(row.counts.has_value(), value);
  add(row.clocks.has_value(), row.clocks ? row.clocks->sm_mhz : 0);
  add(row.clocks.has_value(), row.clocks ? row.clocks->memory_mhz : 0);
  return cells;
}

}  // namespace

std::string csv_of(const Report& report) {
  std::string out =
      "device,simulated,network,layer,sizes,op,direction,dtype,layout,kernel,engine,chosen,missing,flops,bytes,"
      "warm_seconds,warm_relative_error,warm_samples,warm_reached,cold_seconds,cold_relative_error,cold_samples,"
      "cold_reached,tflops,gbytes_per_second,share_of_roof,"
      "warm_with,warm_ratio,warm_low,warm_high,warm_verdict,cold_with,cold_ratio,cold_low,cold_high,cold_verdict,"
      "error,error_bound,simulated_instructions,simulated_bytes,simulated_shared_wavefronts,simulated_barriers,"
      "simulated_mma,sm_mhz,memory_mhz\r\n";
  for (const Row& row : report.rows) {
    Cells cells = cells_of(report, row);
    for (std::string& cell : cells) cell = quoted(cell);
    out += fmt::format("{}\r\n", fmt::join(cells, ","));
  }
  return out;
}

}  // namespace cresset::program::bench
