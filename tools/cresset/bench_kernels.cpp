// cresset bench kernels
#include <cresset/cuda.h>
#include <cresset/dispatch.h>
#include <cresset/error.h>
#include <cresset/extension/conv2d.h>
#include <cresset/io/atomic_file.h>
#include <cresset/threads.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "bench_kernels/charts.h"
#include "bench_kernels/csv.h"
#include "bench_kernels/json.h"
#include "bench_kernels/measure.h"
#include "bench_kernels/regressions.h"
#include "bench_kernels/table.h"
#include "command.h"
#include "nearest.h"
#include "numbers.h"

namespace cresset::program {
namespace {

using namespace bench;

constexpr const char* kToScreen = "-";

struct Arguments {
  std::string device = "cpu";
  std::optional<std::string> problems, convolution, linear;
  std::string ops = "conv2d,linear", directions = "forward,grad_input,grad_weight";
  std::string dtypes = "float32", layouts = "contiguous,channels_last", kernels;
  std::optional<std::int64_t> batch;
  std::optional<int> threads;
  double confidence = 95, precision = 1, limit = 0.5, margin = 3;
  std::string json, csv, plot, compare, from;
  bool list = false;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// The words of a list, each of which must be among the known ones; each once.
std::vector<std::string> words(const char* kind, const std::string& text, const std::vector<std::string>& known) {
  std::vector<std::string> out;
  for (const std::string& word : split(text)) {
    if (std::find(known.begin(), known.end(), word) == known.end()) throw UsageError(unknown_name(kind, word, known));
    if (std::find(out.begin(), out.end(), word) == out.end()) out.push_back(word);
  }
  return out;
}

std::vector<DType> dtypes_of(const std::string& text) {
  const std::vector<DType> known{kFloat32, kBFloat16, kFloat16, kFloat64};
  std::vector<std::string> names;
  for (const DType t : known) names.emplace_back(name(t));
  std::vector<DType> out;
  for (const std::string& word : words("dtype", text, names))
    out.push_back(known[static_cast<std::size_t>(std::find(names.begin(), names.end(), word) - names.begin())]);
  return out;
}

std::vector<MemoryFormat> layouts_of(const std::string& text) {
  std::vector<MemoryFormat> out;
  for (const std::string& word : words("layout", text, {"contiguous", "channels_last"}))
    out.push_back(word == "contiguous" ? kContiguous : kChannelsLast);
  return out;
}

std::vector<std::string> kernels_of(const std::string& text, DeviceType device) {
  if (text.empty()) return {};
  std::vector<std::string> known;
  for (const KernelInfo& k : list_kernels())
    if (k.device == device && (k.slot.starts_with("conv2d.") || k.slot == "matmul") &&
        std::find(known.begin(), known.end(), k.name) == known.end())
      known.push_back(k.name);
  return words("kernel", text, known);
}

Device device_of(const std::string& text) {
  Device device;
  try {
    device = Device(text);
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
  if (device.is_cuda()) {
    ask_for_counting_kernels();
    cuda::get_device_properties(device);  // DeviceError where it cannot be used
  }
  return device;
}

std::vector<Problem> problems_of(const Arguments& arguments, const Device& device) {
  const bool small = device.is_cuda() && cuda::is_simulated();
  std::vector<Problem> all;
  if (arguments.problems) all = problems_named(*arguments.problems);
  if (arguments.convolution) all.push_back(convolution_of(*arguments.convolution));
  if (arguments.linear) all.push_back(linear_of(*arguments.linear));
  if (all.empty()) all = problems_named(small ? "seed000" : "seeds");
  const auto ops = words("op", arguments.ops, {"conv2d", "linear"});
  std::erase_if(all, [&](const Problem& p) { return std::find(ops.begin(), ops.end(), p.op()) == ops.end(); });
  if (all.empty()) throw UsageError(fmt::format("none of these problems is of the op {}", arguments.ops));
  if (arguments.batch)
    for (Problem& p : all) p = with_batch(p, *arguments.batch);
  return all;
}

Plan plan_of(const Arguments& arguments) {
  Plan plan;
  plan.directions = words("direction", arguments.directions, {"forward", "grad_input", "grad_weight"});
  plan.dtypes = dtypes_of(arguments.dtypes);
  plan.layouts = layouts_of(arguments.layouts);
  plan.device = device_of(arguments.device);
  plan.problems = problems_of(arguments, plan.device);
  plan.kernels = kernels_of(arguments.kernels, plan.device.type);
  plan.precision = {arguments.confidence / 100, arguments.precision / 100, arguments.limit, 10};
  plan.margin = arguments.margin / 100;
  return plan;
}

// Before anything is measured: a file that cannot be written must not cost the figures.
void check_writable(const Arguments& arguments) {
  for (const std::string& path : {arguments.json, arguments.csv})
    if (!path.empty() && path != kToScreen) io::AtomicFile(path, "bench kernels");
  if (!arguments.plot.empty())
    for (const std::string& path : chart_files({}, arguments.plot)) io::AtomicFile(path, "bench kernels");
}

void write(const std::string& path, const std::string& text) {
  if (path == kToScreen) {
    fmt::print("{}", text);
  } else if (!path.empty()) {
    io::AtomicFile file(path, "bench kernels");
    file.write(text);
    file.commit();
  }
}

Report report_of(const Arguments& arguments) {
  if (!arguments.from.empty()) return read_report(arguments.from);
  const Plan plan = plan_of(arguments);
  const int threads = get_num_threads();
  if (arguments.threads) set_num_threads(*arguments.threads);
  const bool shows = ::isatty(STDERR_FILENO) != 0;
  Report report = measure(plan, [&](const std::string& task) {
    if (shows) fmt::print(stderr, "\r\x1b[K{}", task);
  });
  if (shows) fmt::print(stderr, "\r\x1b[K");
  set_num_threads(threads);
  return report;
}

int list_problems() {
  for (const Network& network : networks()) {
    fmt::print("{}: {}\n", network.name, network.what);
    for (const Problem& p : network.problems) fmt::print("  {:<20} {:<7} {}\n", p.layer, p.op(), p.text());
  }
  return kSuccess;
}

int run(const Arguments& arguments) {
  if (arguments.list) return list_problems();
  if (arguments.confidence <= 0 || arguments.confidence >= 100)
    throw UsageError(fmt::format("--confidence must be above 0 and below 100, got {:g}", arguments.confidence));
  check_writable(arguments);
  std::optional<Report> older;
  if (!arguments.compare.empty()) older = read_report(arguments.compare);
  const Report report = report_of(arguments);
  const std::string quote = quote_of(report);
  write(arguments.json, json_of(report, quote));
  write(arguments.csv, csv_of(report));
  if (!arguments.plot.empty()) draw_charts(report, arguments.plot);
  const bool shows = arguments.json != kToScreen && arguments.csv != kToScreen;
  if (shows) fmt::print("{}\n", table_of(report));
  const bool wrong = std::any_of(report.rows.begin(), report.rows.end(),
                                 [](const Row& row) { return row.deviation && row.deviation->wrong(); });
  int code = wrong ? kFailure : kSuccess;
  if (older) {
    const Changes changes = changes_since(*older, report, arguments.compare);
    if (!changes.slower.empty()) code = kWorse;
    fmt::print(shows ? stdout : stderr, "{}", text_of(changes, arguments.compare));
  }
  if (shows) fmt::print("{}\n", quote);
  return code;
}

}  // namespace

void add_bench_kernels(CLI::App& bench, Action& action) {
  CLI::App* command = bench.add_subcommand(
      "kernels", "Compare the kernels of convolutions and linear layers, forward and both gradients");
  const auto a = std::make_shared<Arguments>();
  command->add_option("--device", a->device, "cpu, cuda, cuda:1, … (default: cpu)");
  command->add_option("--problems", a->problems,
                      "Lists by name, or single layers: resnet18,vgg16/conv1_2; all; seeds (default: seeds; on a "
                      "simulated device seed000)");
  command->add_flag("--list", a->list, "Print the lists of problems and end");
  command->add_option("--conv", a->convolution,
                      "A convolution by its sizes: N=32,C=64,H=56,K=64,R=3[,W=,S=,stride=,padding=,groups=]");
  command->add_option("--linear", a->linear, "A linear layer by its sizes: N=128,in=9216,out=4096");
  add_whole_number(*command, "--batch", a->batch, Bounds<std::int64_t>{1, 65536}, "N of every problem");
  command->add_option("--op", a->ops, "conv2d, linear (default: both)");
  command->add_option("--direction", a->directions, "forward, grad_input, grad_weight (default: all)");
  command->add_option("--dtype", a->dtypes, "float32, bfloat16, float16, float64 (default: float32)");
  command->add_option("--layout", a->layouts, "contiguous, channels_last (default: both)");
  command->add_option("--kernel", a->kernels, "Only kernels of these names");
  add_whole_number(*command, "--threads", a->threads, Bounds<int>{1, 1024}, "Threads that compute");
  add_finite_number(*command, "--confidence", a->confidence, "Of all intervals, in percent (default: 95)");
  add_finite_number(*command, "--precision", a->precision,
                    "Measure until half the interval of the mean is so many percent of it (default: 1)");
  add_finite_number(*command, "--limit", a->limit, "or so many seconds are over, for each time (default: 0.5)");
  add_finite_number(*command, "--margin", a->margin, "Differences of so many percent are none (default: 3)");
  command->add_option("--json", a->json, "Write a JSON file; without a name to the screen, in place of the table")
      ->expected(0, 1)
      ->default_str(kToScreen);
  command->add_option("--csv", a->csv, "The same as comma-separated values")->expected(0, 1)->default_str(kToScreen);
  command->add_option("--plot", a->plot, "Write PREFIX-bars.png and PREFIX-roofline.png");
  command->add_option("--compare", a->compare,
                      "An older JSON file: say what is slower now beyond noise, and end with 3 where anything is");
  command->add_option("--from", a->from, "Take the figures of a JSON file; nothing is measured");
  command->callback([a, &action] { action = [a] { return run(*a); }; });
}

}  // namespace cresset::program
