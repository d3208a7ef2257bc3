// The program `cresset`: trains, tests, times and describes networks. Each subcommand is a file of its own.
#include <cresset/cresset.h>
#include <cresset/version.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "command.h"
#include "nearest.h"

namespace cresset::program {
namespace {

std::vector<std::string> names_of_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr))
    if (!command->get_group().empty()) names.push_back(command->get_name());
  return names;
}

// What an argument that nobody took is called, and what it may have meant.
std::string about_unknown_argument(const CLI::App& app) {
  const CLI::App* command = app.get_subcommands().empty() ? &app : app.get_subcommands().front();
  for (const std::string& argument : app.remaining(true)) {
    if (argument.rfind("--", 0) == 0)
      return unknown_name("option", argument.substr(0, argument.find('=')), names_of_options(*command));
    if (argument.rfind('-', 0) != 0 && command == &app)
      return unknown_name("command", argument, names_of_commands(app));
    return fmt::format("unknown argument '{}'", argument);
  }
  return "unknown argument";
}

int run(int argc, char** argv) {
  CLI::App app{"Deep learning in C++20: train, test, time and describe networks.", "cresset"};
  app.set_version_flag("--version", fmt::format("cresset {}", kVersion));
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done; 1 an error while running; 2 an unknown option or name, or a value that makes no sense;\n"
      "3 bench kernels --compare found something slower; "
      "130 interrupted by Ctrl-C, where a training has written its checkpoint.");
  app.get_formatter()->column_width(34);
  Action action;
  add_train(app, action);
  add_eval(app, action);
  add_summary(app, action);
  add_export(app, action);
  add_bench(app, action);
  add_info(app, action);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    throw UsageError(about_unknown_argument(app));
  } catch (const CLI::Success& wanted) {
    return app.exit(wanted);
  } catch (const CLI::ParseError& error) {
    // An unknown command is first of all a missing one.
    if (app.get_subcommands().empty() && !app.remaining(true).empty()) throw UsageError(about_unknown_argument(app));
    throw UsageError(error.what());
  }
  return action();
}

}  // namespace
}  // namespace cresset::program

int main(int argc, char** argv) {
  namespace program = cresset::program;
  try {
    const int code = program::run(argc, argv);
    // What is printed reaches its file here at the latest; a full disk must not pass for success.
    if (std::fflush(stdout) != 0)
      throw cresset::IoError(std::string("cannot write the output: ") + std::strerror(errno));
    return code;
  } catch (const program::UsageError& error) {
    fmt::print(stderr, "cresset: {}\nTry 'cresset --help' or 'cresset COMMAND --help'.\n", error.what());
    return program::kWrongUse;
  } catch (const std::exception& error) {
    fmt::print(stderr, "cresset: {}\n", error.what());
    return program::kFailure;
  }
}
