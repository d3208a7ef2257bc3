#include <cresset/cuda.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "cases/dump.h"
#include "test_paths.h"

namespace cresset::test {
namespace {

TEST(OpsPage, IsUpToDate) {
  if (!CRESSET_HAS_ONEDNN) GTEST_SKIP() << "the page is of a build with oneDNN";
  std::ifstream in(std::string(CRESSET_TEST_DIR) + "/../docs/ops.md");
  std::string page{std::istreambuf_iterator<char>(in), {}};
  if (!cuda::is_available()) {  // a build without CUDA knows the rest
    const auto heading = page.find(kCudaHeading);
    ASSERT_NE(heading, std::string::npos);
    page.resize(heading);
    constexpr std::string_view both = "| cpu, cuda |", cpu = "| cpu |";
    for (auto at = page.find(both); at != std::string::npos; at = page.find(both, at))
      page.replace(at, both.size(), cpu);
  }
  EXPECT_EQ(page, ops_page()) << "run tools/ops_table.sh";
}

}  // namespace
}  // namespace cresset::test
