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
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>(in), {}}), ops_page()) << "run tools/ops_table.sh";
}

}  // namespace
}  // namespace cresset::test
