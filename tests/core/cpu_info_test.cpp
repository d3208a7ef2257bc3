#include "core/cpu_info.h"

#include <cresset/error.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <sys/wait.h>

#include <cstdlib>

namespace cresset {
namespace {

// Each runs in a process of its own: the processor is looked at once.
int with_isa(const char* wish) {
  setenv("CRESSET_CPU_ISA", wish, 1);
  try {
    const CpuIsa isa = cpu_isa();
    const bool avx512 = (hwy::SupportedTargets() & (HWY_AVX3 | HWY_AVX3_DL)) != 0;
    const bool avx2 = (hwy::SupportedTargets() & HWY_AVX2) != 0;
    if (isa < CpuIsa::avx512 && avx512) return 100;
    if (isa < CpuIsa::avx2 && avx2) return 101;
    return static_cast<int>(isa);
  } catch (const ValueError& error) {
    return std::string(error.what()) ==
                   std::string("CRESSET_CPU_ISA: must be sse4, avx2, avx512, avx512_bf16 or amx, got ") + wish
               ? 50
               : 51;
  }
}

TEST(CpuInfoDeathTest, TheEnvironmentCapsTheInstructionSet) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  static int best = -1;
  const auto remember = [](int status) {
    best = WEXITSTATUS(status);
    return WIFEXITED(status) && best < 5;
  };
  EXPECT_EXIT(std::_Exit(with_isa("amx")), remember, "");
  const char* names[] = {"sse4", "avx2", "avx512", "avx512_bf16", "amx"};
  for (int i = 0; i < 5; ++i) {
    EXPECT_STREQ(name(static_cast<CpuIsa>(i)), names[i]);
    EXPECT_EXIT(std::_Exit(with_isa(names[i])), testing::ExitedWithCode(std::min(i, best)), "") << names[i];
  }
  EXPECT_EXIT(std::_Exit(with_isa("neon")), testing::ExitedWithCode(50), "");
}

TEST(CpuInfo, NamesTheProcessor) {
  EXPECT_FALSE(cpu_name().empty());
  EXPECT_GE(usable_cores(), 1);
}

}  // namespace
}  // namespace cresset
