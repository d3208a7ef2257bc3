// Modules as Python prints them.
#include <cresset/print.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <ostream>
#include <sstream>

#include "nn/text.h"

namespace cresset::nn {
namespace {

std::string indented(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "  ";
  }
  return result;
}

std::string block(const std::string& head, const std::vector<std::string>& lines) {
  if (lines.empty()) return head + "()";
  return fmt::format("{}(\n  {}\n)", head, fmt::join(lines, "\n  "));
}

std::string parameter_line(const Parameter& parameter) {
  const Shape shape = parameter.shape();
  const Device device = parameter.device();
  return fmt::format("Parameter containing: [torch.{} of size {}{}]", name(parameter.dtype()),
                     fmt::join(shape.begin(), shape.end(), "x"),
                     device.is_cpu() ? "" : fmt::format(" ({})", device.str()));
}

struct Line {
  std::string name;
  std::string text;
};
std::vector<Line> lines_of(const std::vector<Member>& members);

// The elements of a vector or array, as PyTorch's ModuleList (equal neighbours on one line) and ParameterList.
std::string list_block(const std::vector<Member>& elements) {
  std::vector<std::string> lines;
  if (elements.front().parameter) {
    for (const Member& element : elements)
      if (element.parameter && element.parameter->defined())
        lines.push_back(fmt::format("  ({}): {}", element.name, parameter_line(*element.parameter)));
    return block("ParameterList", lines);
  }
  const auto children = lines_of(elements);
  for (std::size_t i = 0, next; i < children.size(); i = next) {
    for (next = i + 1; next < children.size() && children[next].text == children[i].text;) ++next;
    const std::string places = next - i == 1
                                   ? fmt::format("({}): ", children[i].name)
                                   : fmt::format("({}-{}): {} x ", children[i].name, children[next - 1].name, next - i);
    lines.push_back(places + indented(children[i].text));
  }
  return block("ModuleList", lines);
}

std::vector<Line> lines_of(const std::vector<Member>& members) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < members.size();) {
    const std::size_t dot = members[i].name.find('.');
    if (dot == std::string::npos) {
      if (members[i].module) lines.push_back({members[i].name, members[i].module->str()});
      ++i;
      continue;
    }
    const std::string prefix = members[i].name.substr(0, dot + 1);
    std::vector<Member> elements;
    for (; i < members.size() && members[i].name.starts_with(prefix); ++i) {
      elements.push_back(members[i]);
      elements.back().name.erase(0, prefix.size());
    }
    if (!elements.front().buffer) lines.push_back({prefix.substr(0, dot), list_block(elements)});
  }
  return lines;
}

}  // namespace

std::string ModuleBase::str() const {
  check_members();
  const std::string extra = extra_repr();
  const auto children = lines_of(members());
  if (children.empty() && extra.find('\n') == std::string::npos) return fmt::format("{}({})", class_name(), extra);
  std::vector<std::string> lines;
  if (!extra.empty()) lines.push_back(indented(extra));
  for (const auto& child : children) lines.push_back(fmt::format("({}): {}", child.name, indented(child.text)));
  return block(class_name(), lines);
}

std::ostream& operator<<(std::ostream& out, const ModuleBase& module) { return out << module.str(); }

void print(const ModuleBase& module) {
  const std::string text = module.str() + '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace cresset::nn

namespace cresset {

void print(const nn::IncompatibleKeys& keys) {
  std::ostringstream text;
  text << keys << '\n';
  std::fputs(text.str().c_str(), stdout);
}

}  // namespace cresset
