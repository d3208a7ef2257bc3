#include "bench_kernels/measure.h"

#include <cresset/cuda.h>
#include <cresset/cudnn.h>
#include <cresset/dispatch.h>
#include <cresset/error.h>
#include <cresset/threads.h>
#include <cresset/version.h>
#include <fmt/format.h>

#include <algorithm>

#include "bench_kernels/other_work.h"
#include "bench_kernels/stopwatches.h"
#include "bench_kernels/task.h"
#include "processor.h"

namespace cresset::program::bench {
namespace {

std::string_view name_of(MemoryFormat format) { return format == kChannelsLast ? "channels_last" : "contiguous"; }

class Measurement {
 public:
  Measurement(const Plan& plan, const std::function<void(const std::string&)>& progress)
      : plan_(plan), progress_(progress), simulated_(plan.device.is_cuda() && cuda::is_simulated()) {}

  Report run() {
    describe();
    find_roofs();
    if (!simulated_) stopwatch_ = plan_.device.is_cpu() ? cpu_stopwatch() : cuda_stopwatch(plan_.device);
    for (const Problem& problem : plan_.problems)
      for (const DType dtype : plan_.dtypes) {
        for (const MemoryFormat layout : plan_.layouts) {
          // A matrix has one layout.
          if (!problem.is_convolution() && layout != plan_.layouts.front()) continue;
          measure_layout(problem, dtype, layout);
        }
        if (problem.is_convolution() && plan_.conversions && plan_.layouts.size() > 1 && !simulated_)
          measure_conversions(problem, dtype);
      }
    report_.facts.others_busy = other_work_.share();
    compare_with_libraries(report_);
    return std::move(report_);
  }

 private:
  void describe() {
    Facts& f = report_.facts;
    f.version = kVersion;
    f.processor = processor_name();
    f.isa = isa_name(current_context().isa);
    f.threads = get_num_threads();
    f.simulated = simulated_;
    f.precision = plan_.precision;
    f.margin = plan_.margin;
    f.device = f.processor;
    if (plan_.device.is_cpu()) return;
    const cuda::DeviceProperties properties = cuda::get_device_properties(plan_.device);
    f.device = properties.name;  // of a simulated device it says so
    if (!simulated_) monitor_ = std::make_unique<GpuMonitor>(plan_.device);
  }

  void find_roofs() {
    for (const DType dtype : plan_.dtypes) {
      const auto figures = monitor_ ? monitor_->figures() : std::nullopt;
      if (figures) report_.facts.driver = figures->driver;
      const auto roof = plan_.device.is_cpu() ? (progress_("roof of " + std::string(name(dtype))),
                                                 measured_cpu_roof(dtype, std::min(0.15, plan_.precision.seconds)))
                        : figures             ? computed_gpu_roof(*figures, dtype)
                                              : std::nullopt;
      if (roof) report_.roofs[std::string(name(dtype))] = *roof;
    }
  }

  Row row_of(const Problem& problem, DType dtype, MemoryFormat layout, const std::string& direction) const {
    Row row;
    row.network = problem.network;
    row.layer = problem.layer;
    row.sizes = problem.text();
    row.op = problem.op();
    row.direction = direction;
    row.dtype = name(dtype);
    row.layout = problem.is_convolution() ? name_of(layout) : "rows";
    return row;
  }

  void measure_layout(const Problem& problem, DType dtype, MemoryFormat layout) {
    const Workload workload(problem, dtype, layout, plan_.device);
    for (const std::string& direction : plan_.directions) {
      if (direction == "grad_input" && !problem.input_gradient) continue;
      const Row row = row_of(problem, dtype, layout, direction);
      progress_(row.task());
      measure_task(workload.task(direction), problem, row);
    }
  }

  bool is_asked_for(const Candidate& candidate) const {
    const auto& wanted = plan_.kernels;
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), candidate.kernel) != wanted.end();
  }

  // "" where this candidate is to be measured, otherwise why not.
  std::string reason_against(const Candidate& candidate, const Problem& problem) const {
    if (!candidate.refusal.empty()) return candidate.refusal;
    const double work = problem.multiply_adds();
    if (candidate.kernel == "reference" && work > plan_.most_for_reference)
      return fmt::format("{:.2g} multiply-adds take the reference too long", work);
    if (simulated_ && work > plan_.most_in_simulator)
      return fmt::format("{:.2g} multiply-adds are too many for the simulator; --batch makes it smaller", work);
    return "";
  }

  void measure_task(const Task& task, const Problem& problem, const Row& common) {
    std::vector<Row> rows;
    std::vector<const Candidate*> taken;
    for (const Candidate& candidate : task.candidates) {
      Row row = common;
      row.kernel = candidate.kernel;
      row.flops = task.flops;
      row.bytes = task.bytes;
      row.chosen = candidate.chosen;
      if (!is_asked_for(candidate)) continue;
      row.missing = reason_against(candidate, problem);
      if (row.measured()) check_result(task, candidate, row);
      if (row.measured()) taken.push_back(&candidate);
      rows.push_back(std::move(row));
    }
    std::vector<Row*> measured;
    for (Row& row : rows)
      if (row.measured()) measured.push_back(&row);
    simulated_ ? count(taken, measured) : time(taken, measured);
    std::move(rows.begin(), rows.end(), std::back_inserter(report_.rows));
  }

  void check_result(const Task& task, const Candidate& candidate, Row& row) const {
    try {
      row.deviation = deviation_of(task, candidate);
      if (candidate.kernel == "cudnn") row.engine = cuda::cudnn_engine();
    } catch (const Error& error) {
      row.missing = error.what();
    }
  }

  void time(const std::vector<const Candidate*>& taken, const std::vector<Row*>& rows) {
    std::vector<Sampler> warm, cold;
    for (const Candidate* candidate : taken) {
      warm.push_back(stopwatch_->warm(candidate->run));
      cold.push_back(stopwatch_->cold(candidate->run));
    }
    const auto warm_times = sample_in_turns(warm, plan_.precision);
    if (monitor_)
      for (Row* row : rows) row->clocks = monitor_->clocks();
    const auto cold_times = sample_in_turns(cold, plan_.precision);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i]->warm = warm_times[i];
      rows[i]->cold = cold_times[i];
    }
  }

  void count(const std::vector<const Candidate*>& taken, const std::vector<Row*>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i]->counts = counts_of(taken[i]->run);
      if (!rows[i]->counts) rows[i]->missing = "the simulator counted nothing";
    }
  }

  void measure_conversions(const Problem& problem, DType dtype) {
    const Workload workload(problem, dtype, kContiguous, plan_.device);
    std::vector<Row> rows;
    std::vector<Sampler> warm, cold;
    const auto add = [&](const char* what, const Tensor& from, MemoryFormat to) {
      Row row = row_of(problem, dtype, to, what);
      progress_(row.task());
      row.op = "conversion";
      row.layout = fmt::format("to {}", name_of(to));
      row.kernel = "copy";
      row.bytes = 2.0 * static_cast<double>(from.numel()) * static_cast<double>(element_size(dtype));
      const auto convert = [from, to] { from.contiguous(to); };
      warm.push_back(stopwatch_->warm(convert));
      cold.push_back(stopwatch_->cold(convert));
      rows.push_back(std::move(row));
    };
    add("input", workload.input(), kChannelsLast);
    add("output", workload.grad_output().contiguous(kChannelsLast), kContiguous);
    const auto warm_times = sample_in_turns(warm, plan_.precision), cold_times = sample_in_turns(cold, plan_.precision);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].warm = warm_times[i];
      rows[i].cold = cold_times[i];
      report_.rows.push_back(std::move(rows[i]));
    }
  }

  const Plan& plan_;
  const std::function<void(const std::string&)>& progress_;
  bool simulated_;
  std::unique_ptr<Stopwatch> stopwatch_;
  std::unique_ptr<GpuMonitor> monitor_;
  OtherWork other_work_;
  Report report_;
};

}  // namespace

Report measure(const Plan& plan, const std::function<void(const std::string&)>& progress) {
  return Measurement(plan, progress).run();
}

}  // namespace cresset::program::bench
