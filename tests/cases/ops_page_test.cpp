#include <cresset/cuda.h>
#include <cresset/cudnn.h>
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
  for (const cuda::LibraryInfo& library : cuda::libraries())  // so does one without a library's headers
    if (library.missing.find("was made without") != std::string::npos)
      for (const std::string& word : {std::string("cudnn"), std::string("cublaslt")})
        if (library.name.size() == word.size())
          for (const std::string& text : {word + ", ", ", " + word})
            for (auto at = page.find(text); at != std::string::npos; at = page.find(text, at))
              page.erase(at, text.size());
  EXPECT_EQ(page, ops_page()) << "run tools/ops_table.sh";
}

}  // namespace
}  // namespace cresset::test
