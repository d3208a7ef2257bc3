// What the subcommands share: how they are added to the program, and how it ends.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>

namespace cresset::program {

// Exit codes; also told by `cresset --help`.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;        // an error while running: a file, the data, a device, memory
inline constexpr int kWrongUse = 2;       // an unknown option or name, or a value that makes no sense
inline constexpr int kWorse = 3;          // `bench kernels --compare` found something slower than it was
inline constexpr int kInterrupted = 130;  // Ctrl-C; a training has written its checkpoint

// The command line asks for something that cannot be.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What the chosen subcommand does; gives the exit code.
using Action = std::function<int()>;

// Each adds one subcommand, which sets `action` where it is chosen.
void add_train(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_bench_kernels(CLI::App& bench, Action& action);  // `cresset bench kernels`
void add_summary(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);

}  // namespace cresset::program
