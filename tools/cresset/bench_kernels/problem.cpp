#include "problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "command.h"
#include "nearest.h"

namespace cresset::program::bench {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::vector<std::string> names_of_networks() {
  std::vector<std::string> names{"all", "seeds"};
  for (const Network& n : networks()) names.push_back(n.name);
  return names;
}

std::vector<Problem> problems_of(const std::string& name) {
  std::vector<Problem> out;
  const std::string wanted = name.substr(0, name.find('/'));
  for (const Network& n : networks())
    if (wanted == "all" || wanted == n.name || (wanted == "seeds" && n.name.starts_with("seed")))
      out.insert(out.end(), n.problems.begin(), n.problems.end());
  if (out.empty()) throw UsageError(unknown_name("problem list", wanted, names_of_networks()));
  if (wanted.size() == name.size()) return out;
  const std::string layer = name.substr(wanted.size() + 1);
  std::vector<std::string> layers;
  for (const Problem& p : out) layers.push_back(p.layer);
  std::erase_if(out, [&](const Problem& p) { return p.layer != layer; });
  if (out.empty()) throw UsageError(unknown_name("layer of " + wanted, layer, layers));
  return out;
}

// One whole number for each name; 0 where it is not given.
std::map<std::string, std::int64_t> read_sizes(const std::string& option, const std::string& text,
                                               const std::vector<std::string>& names) {
  constexpr std::int64_t kMost = 1 << 24;
  std::map<std::string, std::int64_t> sizes;
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string name = part.substr(0, equals), digits = part.substr(std::min(equals + 1, part.size()));
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw UsageError(fmt::format("{}: {}", option, unknown_name("size", name, names)));
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0 || value > kMost)
      throw UsageError(
          fmt::format("{}: {} must be a whole number from 0 to {}, got '{}'", option, name, kMost, digits));
    if (!sizes.emplace(name, value).second) throw UsageError(fmt::format("{}: {} is given twice", option, name));
  }
  return sizes;
}

std::int64_t positive(const std::string& option, const std::map<std::string, std::int64_t>& sizes,
                      const std::string& name, std::int64_t otherwise = 0) {
  const auto found = sizes.find(name);
  const std::int64_t value = found == sizes.end() ? otherwise : found->second;
  if (value <= 0) throw UsageError(fmt::format("{}: {} must be given and at least 1", option, name));
  return value;
}

}  // namespace

double Problem::multiply_adds() const {
  return std::visit([](const auto& s) { return s.multiply_adds(); }, sizes);
}

std::string Problem::text() const {
  if (const auto* l = std::get_if<Linear>(&sizes)) return fmt::format("{}x{} to {}", l->N, l->in, l->out);
  const auto& c = std::get<Convolution>(sizes);
  std::string out = fmt::format("{}x{}x{}x{} to {}, {}x{}", c.N, c.C, c.H, c.W, c.K, c.R, c.S);
  if (c.stride > 1) out += fmt::format(", stride {}", c.stride);
  if (c.padding > 0) out += fmt::format(", padding {}", c.padding);
  if (c.groups > 1) out += fmt::format(", groups {}", c.groups);
  return out;
}

std::vector<Problem> problems_named(const std::string& names) {
  std::vector<Problem> out;
  for (const std::string& name : split(names, ','))
    for (Problem& p : problems_of(name)) {
      const bool known = std::any_of(out.begin(), out.end(), [&](const Problem& other) {
        return other.network == p.network && other.layer == p.layer;
      });
      if (!known) out.push_back(std::move(p));
    }
  return out;
}

Problem convolution_of(const std::string& text) {
  const std::string option = "--conv";
  const auto sizes = read_sizes(option, text, {"N", "C", "H", "W", "K", "R", "S", "stride", "padding", "groups"});
  const auto size = [&](const char* name, std::int64_t otherwise = 0) {
    return positive(option, sizes, name, otherwise);
  };
  Convolution c{.N = size("N"), .C = size("C"), .H = size("H"), .W = 0, .K = size("K"), .R = size("R"), .S = 0};
  c.W = size("W", c.H);
  c.S = size("S", c.R);
  c.stride = size("stride", 1);
  c.padding = sizes.contains("padding") ? sizes.at("padding") : 0;
  c.groups = size("groups", 1);
  if (c.C % c.groups != 0 || c.K % c.groups != 0)
    throw UsageError(
        fmt::format("{}: C and K must be multiples of groups, are {} and {} of {}", option, c.C, c.K, c.groups));
  if (c.H + 2 * c.padding < c.R || c.W + 2 * c.padding < c.S)
    throw UsageError(
        fmt::format("{}: {}x{} filters do not fit into {}x{} with padding {}", option, c.R, c.S, c.H, c.W, c.padding));
  // What no machine holds; below it no product of sizes overflows.
  if (static_cast<double>(c.N) * static_cast<double>(std::max(c.C, c.K)) * static_cast<double>(c.H + 2 * c.padding) *
              static_cast<double>(c.W + 2 * c.padding) >
          1e12 ||
      static_cast<double>(c.K) * static_cast<double>(c.C) * static_cast<double>(c.R * c.S) > 1e12)
    throw UsageError(fmt::format("{}: the tensors would have more than 1e12 elements", option));
  return {"flags", "conv", c};
}

Problem linear_of(const std::string& text) {
  const std::string option = "--linear";
  const auto sizes = read_sizes(option, text, {"N", "in", "out"});
  const Linear l{positive(option, sizes, "N"), positive(option, sizes, "in"), positive(option, sizes, "out")};
  if (static_cast<double>(l.N) * static_cast<double>(std::max(l.in, l.out)) > 1e12 ||
      static_cast<double>(l.in) * static_cast<double>(l.out) > 1e12)
    throw UsageError(fmt::format("{}: the tensors would have more than 1e12 elements", option));
  return {"flags", "linear", l};
}

Problem with_batch(Problem problem, std::int64_t N) {
  std::visit([N](auto& s) { s.N = N; }, problem.sizes);
  return problem;
}

}  // namespace cresset::program::bench
