#include "bench_kernels/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace cresset::program::bench {
namespace {

constexpr std::string_view kLibraries[] = {"cudnn", "cublaslt", "onednn"};

bool is_library(const Row& row) {
  return std::find(std::begin(kLibraries), std::end(kLibraries), row.kernel) != std::end(kLibraries);
}

std::optional<Comparison> compare(const Facts& facts, const Row& other, const std::optional<Sampled>& time,
                                  const std::optional<Sampled>& others) {
  if (!time || !others) return {};
  const Ratio ratio = ratio_of(time->estimate, others->estimate, facts.precision.confidence);
  return Comparison{other.kernel, ratio, judge(ratio, facts.margin)};
}

std::optional<Comparison> compare_counts(const Facts& facts, const Row& row, const Row& other) {
  if (!row.counts || !other.counts) return {};
  const double value = row.counts->instructions() / other.counts->instructions();
  const Ratio ratio{value, value, value};
  return Comparison{other.kernel, ratio, judge(ratio, facts.margin)};
}

}  // namespace

std::string Row::task() const {
  return fmt::format("{}/{}: {} {} {} {} {}", network, layer, sizes, op, direction, dtype, layout);
}
std::string Row::key() const { return task() + " " + kernel; }

double Report::share(const Row& row) const {
  const auto roof = roofs.find(row.dtype);
  if (!row.warm || roof == roofs.end() || row.flops == 0) return 0;
  return roof->second.seconds(row.flops, row.bytes) / row.warm->estimate.mean;
}

void compare_with_libraries(Report& report) {
  for (Row& row : report.rows) {
    const auto library = std::find_if(report.rows.begin(), report.rows.end(), [&](const Row& other) {
      return other.measured() && is_library(other) && other.task() == row.task();
    });
    if (library == report.rows.end() || &*library == &row || !row.measured()) continue;
    row.compared_warm = report.facts.simulated ? compare_counts(report.facts, row, *library)
                                               : compare(report.facts, *library, row.warm, library->warm);
    row.compared_cold = compare(report.facts, *library, row.cold, library->cold);
  }
}

}  // namespace cresset::program::bench
