// docs/from_pytorch.md against the public headers, both ways.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "test_paths.h"

namespace cresset::test {
namespace {

namespace fs = std::filesystem;
using Words = std::set<std::string>;

const fs::path kRoot = fs::path(CRESSET_TEST_DIR) / "..";

std::string read(const fs::path& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> matches(const std::string& text, const std::regex& pattern, std::size_t group = 0) {
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
    found.push_back((*at)[group].str());
  return found;
}

// The headers without comments, by path.
std::map<std::string, std::string> headers() {
  std::map<std::string, std::string> found;
  const fs::path folder = kRoot / "include" / "cresset";
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".h")
      found[fs::relative(entry.path(), folder).string()] =
          std::regex_replace(read(entry.path()), std::regex("//[^\n]*"), "");
  return found;
}

// The pieces of code in the second column of each row.
std::vector<std::string> cresset_column() {
  std::vector<std::string> code;
  std::istringstream page(read(kRoot / "docs" / "from_pytorch.md"));
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| ") || line.starts_with("| ---") || line.starts_with("| PyTorch |")) continue;
    // An escaped bar is no border.
    const auto cells = matches(line, std::regex(R"((?:[^|\\]|\\.)+)"));
    EXPECT_EQ(cells.size(), 3u) << line;
    if (cells.size() == 3)
      for (std::string& span : matches(cells[1], std::regex("`([^`]+)`"), 1)) code.push_back(span);
  }
  return code;
}

// A name with what qualifies it: "nn::init::zeros_".
std::vector<std::string> names_in(const std::string& code) {
  const std::string without_text = std::regex_replace(code, std::regex("\"[^\"]*\"|<cresset/[^>]*>|#include"), " ");
  return matches(without_text, std::regex(R"([A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)"));
}

// What the examples call things of the reader's own, and words of C++.
const Words kNotOurs{"a",       "b",    "x",       "y",      "w",        "g",         "t",       "h",
                     "lr",      "net",  "opt",     "set",    "row",      "layer",     "loader",  "device",
                     "pointer", "path", "conv",    "weight", "root",     "values",    "indices", "Net",
                     "R",       "Args", "no_grad", "f",      "shape",    "float",     "auto",    "bool",
                     "const",   "for",  "int",     "struct", "override", "namespace", "true",    "false"};

TEST(FromPyTorch, EveryNameIsDeclared) {
  const auto all = headers();
  const std::regex word(R"([A-Za-z_]\w*)");
  std::map<std::string, Words> words;  // of each header
  for (const auto& [path, text] : all) {
    const auto found = matches(text, word);
    words[path] = Words(found.begin(), found.end());
  }
  int checked = 0;
  for (const std::string& code : cresset_column())
    for (const std::string& name : names_in(code)) {
      if (name.starts_with("std::") || name == "F" || kNotOurs.contains(name)) continue;
      const auto parts = matches(name.starts_with("F::") ? "nn::functional" + name.substr(1) : name, word);
      const bool declared = std::any_of(words.begin(), words.end(), [&](const auto& header) {
        return std::all_of(parts.begin(), parts.end(), [&](const auto& part) { return header.second.contains(part); });
      });
      EXPECT_TRUE(declared) << name << " in `" << code << '`';
      ++checked;
    }
  EXPECT_GT(checked, 300);
}

// The first name before a bracket in each declaration of the class.
Words methods_of_tensor(const std::string& header) {
  const std::size_t begin = header.find("class CRESSET_API Tensor {");
  Words found;
  std::istringstream body(header.substr(begin, header.find("static_assert", begin) - begin));
  for (std::string line; std::getline(body, line);) {
    std::smatch match;
    if (std::regex_search(line, match, std::regex(R"(^  [A-Za-z][^(]*\b([a-z]\w*)\()"))) found.insert(match[1]);
  }
  return found;
}

TEST(FromPyTorch, EveryNameOfTheHeadersIsThere) {
  Words listed;
  for (const std::string& code : cresset_column())
    for (const std::string& name : names_in(code)) listed.insert(name.substr(name.rfind(':') + 1));
  const Words not_for_users{// of Tensor
                            "swap", "begin", "end", "impl", "release_impl", "item_as", "defined",
                            // what others are made of
                            "BatchNormBase", "ModuleOf", "Border", "Fill", "Transform"};
  const auto all = headers();
  Words wanted = methods_of_tensor(all.at("tensor.h"));
  EXPECT_GT(wanted.size(), 120u);
  std::size_t classes = 0;
  const std::regex derived(R"(\n(?:class|struct) CRESSET_API (\w+) : public)"),
      any(R"(\n(?:class|struct) CRESSET_API (\w+) [^;{]*\{)");
  for (const auto& [path, text] : all) {
    const bool layers = path.starts_with("nn/") || path.starts_with("optim/");
    const bool data = std::regex_search(path, std::regex("^data/(transforms|sampler|cifar10|mnist|image_folder)"));
    if (!layers && !data) continue;
    for (const std::string& name : matches(text, layers ? derived : any, 1)) {
      wanted.insert(name);
      ++classes;
    }
  }
  EXPECT_GT(classes, 30u);
  for (const std::string& name : wanted) {
    if (not_for_users.contains(name)) continue;
    EXPECT_TRUE(listed.contains(name)) << name << " is not in docs/from_pytorch.md";
  }
}

}  // namespace
}  // namespace cresset::test
