// The table on every instruction set that this machine has, and what dispatch takes there for the seeds.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "core/cpu_info.h"
#include "support/sanitizer.h"
#include "support/subprocess.h"
#include "test_paths.h"

namespace cresset::test {
namespace {

constexpr CpuIsa kAll[] = {CpuIsa::sse4, CpuIsa::avx2, CpuIsa::avx512, CpuIsa::avx512_bf16, CpuIsa::amx};

std::string capped(CpuIsa isa) { return std::string("CRESSET_CPU_ISA=") + name(isa); }

class Isa : public testing::TestWithParam<CpuIsa> {
 protected:
  // This process may be capped itself; then the others are not tried.
  void SetUp() override {
    if (GetParam() > cpu_isa()) GTEST_SKIP() << "this machine has no " << name(GetParam());
  }
};

// Values, first gradients against the reference and against PyTorch, each kernel forced. This process does the same
// with the best instruction set that there is.
TEST_P(Isa, RunsTheTable) {
  if (GetParam() == cpu_isa()) GTEST_SKIP() << "these are this process's own cases";
  if (kThreadSanitizer) GTEST_SKIP() << "threads meet in the same places whatever the instruction set";
  // On the CPU alone.
  const Outcome outcome = run_self({"--gtest_filter=Case.*:Reach.*", "--gtest_brief=1"},
                                   {capped(GetParam()), "CRESSET_SIM_DEVICES=0", "CUDA_VISIBLE_DEVICES="});
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("PASSED"), std::string::npos) << outcome.output;
}

// The choices of ops that work on whole images or matrices, problem by problem in the order of the calls.
std::string choices(CpuIsa isa) {
  const Outcome outcome = run_self({"--seeds"}, {capped(isa), "CRESSET_LOG=dispatch"});
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  std::istringstream lines(outcome.output);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("seeds: ")) text += line.substr(7) + "\n";
    static const std::regex choice("cresset dispatch: (\\S+) on cpu: (\\S+)");
    static const std::regex small("random|binary|unary|copy|reduce|where");
    std::smatch match;
    if (std::regex_match(line, match, choice) && !std::regex_match(match[1].str(), small))
      text += "  " + match[1].str() + ": " + match[2].str() + "\n";
  }
  return text;
}

TEST_P(Isa, TakesTheseKernelsForTheSeeds) {
  if (!CRESSET_HAS_ONEDNN) GTEST_SKIP() << "the golden is of a build with oneDNN";
  const std::string path = std::string(CRESSET_TEST_DIR) + "/golden/dispatch/" + name(GetParam()) + ".txt";
  const std::string chosen = choices(GetParam());
  if (std::getenv("CRESSET_WRITE_GOLDENS")) {
    std::ofstream(path) << chosen;
    return;
  }
  std::ifstream in(path);
  ASSERT_TRUE(in) << path;
  EXPECT_EQ(chosen, (std::string{std::istreambuf_iterator<char>(in), {}}))
      << "where the change is wanted, write it down: CRESSET_WRITE_GOLDENS=1 test_cases "
         "--gtest_filter='*TakesTheseKernels*'";
}

INSTANTIATE_TEST_SUITE_P(Cpu, Isa, testing::ValuesIn(kAll),
                         [](const testing::TestParamInfo<CpuIsa>& one) { return name(one.param); });

}  // namespace
}  // namespace cresset::test
