// docs/models.md: its table is the registry's, with PyTorch's figures.
#include <cresset/models/registry.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "test_paths.h"

namespace cresset::test {
namespace {

std::string thousands(std::int64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(text.begin() + at, ',');
  return text;
}

TEST(ModelsPage, HasEveryNetwork) {
  std::ifstream in(CRESSET_TEST_DIR "/../docs/models.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const auto goldens = nlohmann::json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/models.json"));
  std::string table;
  for (const std::string& name : models::names()) {
    const models::ModelInfo info = models::info(name);
    table +=
        fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", name, info.description, fmt::join(info.input.vec(), "x"),
                    info.num_classes, thousands(goldens[name]["parameters"]), thousands(goldens[name]["flops"]));
  }
  EXPECT_NE(page.find("| --- |\n" + table + "\n"), std::string::npos) << table;
}

}  // namespace
}  // namespace cresset::test
