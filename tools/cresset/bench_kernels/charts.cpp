#include "bench_kernels/charts.h"

#include <cresset/plot.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace cresset::program::bench {
namespace {

constexpr std::size_t kTasksOfPage = 30;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

bool is_drawn(const Row& row) { return row.measured() && row.flops > 0 && (row.warm || row.counts); }

// Names of tasks without what all of them share.
class TaskNames {
 public:
  explicit TaskNames(const Report& report) {
    for (const Row& row : report.rows)
      if (is_drawn(row)) {
        networks_.insert(row.network);
        dtypes_.insert(row.dtype);
        if (row.op == "conv2d") layouts_.insert(row.layout);
      }
  }
  std::string of(const Row& row) const {
    std::string out = networks_.size() > 1 ? row.network + "/" + row.layer : row.layer;
    out += " " + row.direction;
    if (dtypes_.size() > 1) out += " " + row.dtype;
    if (layouts_.size() > 1 && row.op == "conv2d") out += " " + row.layout;
    return out;
  }
  std::string shared() const {
    std::string out;
    for (const auto* names : {&networks_, &dtypes_, &layouts_})
      if (names->size() == 1) out += (out.empty() ? "" : ", ") + *names->begin();
    return out;
  }

 private:
  std::set<std::string> networks_, dtypes_, layouts_;
};

std::vector<std::string> kernels_of(const Report& report) {
  std::vector<std::string> kernels;
  for (const Row& row : report.rows)
    if (is_drawn(row) && std::find(kernels.begin(), kernels.end(), row.kernel) == kernels.end())
      kernels.push_back(row.kernel);
  return kernels;
}

std::vector<std::string> tasks_of(const Report& report) {
  std::vector<std::string> tasks;
  for (const Row& row : report.rows)
    if (is_drawn(row) && (tasks.empty() || tasks.back() != row.task())) tasks.push_back(row.task());
  return tasks;
}

std::string title_of(const Report& report, const std::string& what) {
  const std::string shared = TaskNames(report).shared();
  return fmt::format("{}: {}{}{}", report.facts.device, what, shared.empty() ? "" : ", ", shared);
}

double speed_of(const Row& row) {
  return row.counts ? row.counts->instructions() : row.flops / row.warm->estimate.mean;
}

// A unit in which the largest figure has few digits.
struct Unit {
  double size;
  const char* name;
  int decimals;
};
Unit unit_of(const Report& report) {
  double most = 0;
  for (const Row& row : report.rows)
    if (is_drawn(row)) most = std::max(most, speed_of(row));
  const bool counts = report.facts.simulated;
  if (most >= 1e12) return {1e12, counts ? "10^12 warp instructions, simulated" : "TFLOP/s, warm", 1};
  if (most >= 1e9) return {1e9, counts ? "10^9 warp instructions, simulated" : "GFLOP/s, warm", 1};
  if (counts && most < 1e5) return {1e3, "thousand warp instructions, simulated", 2};
  return {1e6, counts ? "million warp instructions, simulated" : "MFLOP/s, warm", counts ? 3 : 1};
}

plot::Figure draw_bars(const Report& report, std::size_t first_task) {
  const auto all_tasks = tasks_of(report), kernels = kernels_of(report);
  const TaskNames names(report);
  const Unit unit = unit_of(report);
  const std::size_t end = std::min(all_tasks.size(), first_task + kTasksOfPage);
  const std::vector<std::string> tasks(all_tasks.begin() + static_cast<std::ptrdiff_t>(first_task),
                                       all_tasks.begin() + static_cast<std::ptrdiff_t>(end));
  plot::BarChart chart{.title = title_of(report, report.facts.simulated ? "instructions, fewer is better" : "speed"),
                       .y_label = unit.name,
                       .categories = std::vector<std::string>(tasks.size()),
                       .decimals = unit.decimals,
                       .width = 1280,
                       .horizontal = true};
  for (const std::string& kernel : kernels) chart.bars.push_back({kernel, std::vector<double>(tasks.size(), kMissing)});
  for (const Row& row : report.rows) {
    const auto task = std::find(tasks.begin(), tasks.end(), row.task());
    if (!is_drawn(row) || task == tasks.end()) continue;
    const auto at = static_cast<std::size_t>(task - tasks.begin());
    const auto kernel =
        static_cast<std::size_t>(std::find(kernels.begin(), kernels.end(), row.kernel) - kernels.begin());
    chart.categories[at] = names.of(row);
    chart.bars[kernel].values[at] = speed_of(row) / unit.size;
  }
  const auto bars = static_cast<int>(std::max<std::size_t>(kernels.size(), 2));
  chart.height = 140 + static_cast<int>(tasks.size()) * (bars * 25 + 12);
  return plot::draw(chart);
}

double operations_for_a_byte(const Row& row) { return row.flops / (row.counts ? row.counts->bytes() : row.bytes); }

plot::Figure draw_roofline(const Report& report) {
  plot::Chart chart{.title = title_of(report, report.facts.simulated ? "counts, no times" : "roofline"),
                    .x_label = report.facts.simulated ? "FLOP for each byte asked of global memory (simulated)"
                                                      : "FLOP for each byte that has to be moved",
                    .y_label = report.facts.simulated ? "FLOP an instruction of a warp (simulated)" : "GFLOP/s, warm",
                    .width = 1280,
                    .height = 800,
                    .log_x = true,
                    .log_y = true};
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const Row& row : report.rows)
    if (is_drawn(row)) {
      least = std::min(least, operations_for_a_byte(row));
      most = std::max(most, operations_for_a_byte(row));
    }
  for (const auto& [dtype, roof] : report.roofs) {
    const double ridge = roof.flops / roof.bytes, left = std::min(least, ridge) / 1.5,
                 right = std::max(most, ridge) * 1.5;
    chart.series.push_back(
        {.label = fmt::format("roof of {}: {:.4g} GFLOP/s, {:.4g} GB/s", dtype, roof.flops * 1e-9, roof.bytes * 1e-9),
         .x = {left, ridge, right},
         .y = {left * roof.bytes * 1e-9, roof.flops * 1e-9, roof.flops * 1e-9}});
  }
  for (const std::string& kernel : kernels_of(report)) {
    plot::Series points{.label = kernel, .line = false};
    for (const Row& row : report.rows)
      if (is_drawn(row) && row.kernel == kernel) {
        points.x.push_back(operations_for_a_byte(row));
        points.y.push_back(row.counts ? row.flops / row.counts->instructions() : speed_of(row) * 1e-9);
      }
    chart.series.push_back(std::move(points));
  }
  return plot::draw(chart);
}

}  // namespace

std::vector<std::string> chart_files(const Report& report, const std::string& prefix) {
  std::vector<std::string> files{prefix + "-roofline.png", prefix + "-bars.png"};
  const std::size_t tasks = tasks_of(report).size();
  for (std::size_t page = 2; (page - 1) * kTasksOfPage < tasks; ++page)
    files.push_back(fmt::format("{}-bars-{}.png", prefix, page));
  return files;
}

void draw_charts(const Report& report, const std::string& prefix) {
  const auto files = chart_files(report, prefix);
  plot::save_png(draw_roofline(report), files[0]);
  for (std::size_t page = 1; page < files.size(); ++page)
    plot::save_png(draw_bars(report, (page - 1) * kTasksOfPage), files[page]);
}

}  // namespace cresset::program::bench
