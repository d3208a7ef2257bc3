// cresset bench
#include <cresset/cresset.h>
#include <cresset/data/cifar10.h>
#include <cresset/data/loader.h>
#include <cresset/models/cifar_net.h>
#include <cresset/nn/loss.h>
#include <cresset/optim/sgd.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "numbers.h"
#include "stopwatch.h"

extern char** environ;

namespace cresset::program {
namespace {

constexpr const char* kFirstTensor = "first-tensor";

struct Arguments {
  std::string data;
  int steps = 300, repeats = 7, workers = 2;
  bool json = false;
};

struct Figure {
  std::string name, what, unit;
  Spread spread;
};

std::vector<double> scaled(std::vector<double> samples, double factor) {
  for (double& s : samples) s *= factor;
  return samples;
}

// zero_grad, forward, cross-entropy, backward, SGD and loss.item() on one batch of 4 images in memory.
std::vector<double> step_seconds(const Arguments& arguments) {
  manual_seed(0);
  const Tensor inputs = randn({4, 3, 32, 32}), labels = randint(0, 10, {4});
  models::CifarNet model;
  nn::CrossEntropyLoss cross_entropy;
  optim::SGD opt{model.parameters(), {.lr = 0.001, .momentum = 0.9}};
  return seconds_per_call(arguments.steps, arguments.repeats, [&] {
    opt.zero_grad();
    const Tensor loss = cross_entropy(model(inputs), labels);
    loss.backward();
    opt.step();
    loss.item();
  });
}

std::vector<double> add_seconds(bool tape, const Arguments& arguments) {
  const Tensor a = ones({16}, {.requires_grad = tape}), b = ones({16});
  return seconds_per_call(20000, arguments.repeats, [&] { const Tensor c = a + b; });
}

// This program again, which makes one tensor and ends.
std::vector<double> first_tensor_seconds(const Arguments& arguments) {
  return seconds_per_call(1, arguments.repeats, [] {
    char program[] = "/proc/self/exe";
    std::string command = kFirstTensor;
    char* arguments_of_child[] = {program, command.data(), nullptr};
    pid_t child = 0;
    int status = 0;
    if (::posix_spawn(&child, program, nullptr, nullptr, arguments_of_child, environ) != 0 ||
        ::waitpid(child, &status, 0) != child || status != 0)
      throw std::runtime_error("bench: cannot run this program a second time");
  });
}

// Images a second of whole passes.
std::vector<double> loader_rates(const Arguments& arguments, bool augment, std::int64_t batch, int passes) {
  const data::Normalize normalize{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};
  data::ImageDatasetOptions options;
  if (augment)
    options.transform =
        data::Compose{data::RandomCrop{32, {.padding = 4}}, data::RandomHorizontalFlip{}, data::ToTensor{}, normalize};
  else
    options.transform = data::Compose{data::ToTensor{}, normalize};
  const data::DataLoader loader{data::CIFAR10{arguments.data, options},
                                {.batch_size = batch, .shuffle = true, .num_workers = arguments.workers}};
  std::vector<double> rates;
  for (int i = 0; i < passes; ++i) {
    std::int64_t images = 0;
    const double seconds = seconds_of([&] {
      for (auto [inputs, labels] : loader) images += labels.size(0);
    });
    rates.push_back(static_cast<double>(images) / seconds);
  }
  return rates;
}

std::vector<Figure> measure(const Arguments& arguments) {
  std::vector<Figure> figures;
  const auto add = [&](const char* name, const char* what, const char* unit, std::vector<double> samples) {
    figures.push_back({name, what, unit, spread_of(std::move(samples))});
  };
  add("first_tensor_ms", "process start to end, with one tensor made", "ms",
      scaled(first_tensor_seconds(arguments), 1e3));
  add("add_ns", "add of two tensors of 16 elements", "ns", scaled(add_seconds(false, arguments), 1e9));
  add("add_tape_ns", "the same, recorded", "ns", scaled(add_seconds(true, arguments), 1e9));
  const int threads = get_num_threads();
  add("step_us", "training step of cifar_net, batch 4", "us", scaled(step_seconds(arguments), 1e6));
  set_num_threads(1);
  add("step_us_1_thread", "the same, 1 thread", "us", scaled(step_seconds(arguments), 1e6));
  set_num_threads(threads);
  if (!arguments.data.empty()) {
    add("loader_batch128_images_s", "loader, batch 128: crop, flip, normalise", "images/s",
        loader_rates(arguments, true, 128, 3));
    add("loader_batch4_images_s", "loader, batch 4: normalise", "images/s", loader_rates(arguments, false, 4, 3));
  }
  return figures;
}

int run(const Arguments& arguments) {
  if (!arguments.json) fmt::print("{:<46} {:>10} {:>10} {:>10}\n", "", "min", "median", "max");
  nlohmann::ordered_json out{{"threads", get_num_threads()}, {"workers", arguments.workers}};
  for (const auto& [name, what, unit, spread] : measure(arguments)) {
    out["figures"][name] = {
        {"min", spread.min}, {"median", spread.median}, {"max", spread.max}, {"repeats", spread.repeats}};
    if (!arguments.json)
      fmt::print("{:<46} {:>10.4g} {:>10.4g} {:>10.4g} {}\n", what, spread.min, spread.median, spread.max, unit);
  }
  if (arguments.json) fmt::print("{}\n", out.dump(1));
  return kSuccess;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("bench", "Time this library on this machine");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--data", arguments->data, "Folder of CIFAR-10; without it the loader is not timed");
  constexpr Bounds<int> kFromOne{1, 1000000};
  add_whole_number(*command, "--steps", arguments->steps, kFromOne, "Training steps of one repeat (default: 300)");
  add_whole_number(*command, "--repeats", arguments->repeats, kFromOne, "Repeats of each figure (default: 7)");
  add_whole_number(*command, "--workers", arguments->workers, kThreads, "Threads that load images (default: 2)");
  command->add_flag("--json", arguments->json, "Print one JSON object");
  add_bench_kernels(*command, action);
  command->callback([arguments, command, &action] {
    // Called after that of a subcommand.
    if (command->get_subcommands().empty()) action = [arguments] { return run(*arguments); };
  });

  // For bench itself: not shown in the help.
  CLI::App* first = app.add_subcommand(kFirstTensor)->group("");
  first->callback([&action] {
    action = [] {
      zeros({1});
      return kSuccess;
    };
  });
}

}  // namespace cresset::program
