// Options that are numbers: read strictly, with a message that says in few words what they may be.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "command.h"

namespace cresset::program {

template <class T>
struct Bounds {
  T least, most;
};

inline constexpr Bounds<int> kThreads{0, 1024};

// A whole number without sign, unit or fraction. UsageError for anything else, and for one out of bounds.
template <class T>
CLI::Validator whole_number(std::string option, Bounds<T> bounds) {
  static_assert(std::is_integral_v<T>);
  return {[option = std::move(option), bounds](std::string& text) {
            T value{};
            const char* const end = text.data() + text.size();
            const auto [read_until, error] = std::from_chars(text.data(), end, value);
            if (error != std::errc() || read_until != end || value < bounds.least || value > bounds.most)
              throw UsageError(fmt::format("{} must be a whole number from {} to {}, got {}", option, bounds.least,
                                           bounds.most, text));
            return std::string();
          },
          ""};
}

// A number from 0 on, in decimal or scientific form, neither infinite nor NaN nor beyond what a double holds.
CLI::Validator finite_number(std::string option);

// Adds such an option; `target` is a number, an optional one or a vector of them.
template <class Target, class T>
CLI::Option* add_whole_number(CLI::App& command, const std::string& option, Target& target, Bounds<T> bounds,
                              const std::string& help) {
  return command.add_option(option, target, help)->check(whole_number(option, bounds));
}
template <class Target>
CLI::Option* add_finite_number(CLI::App& command, const std::string& option, Target& target, const std::string& help) {
  return command.add_option(option, target, help)->check(finite_number(option));
}

}  // namespace cresset::program
