// The file of engines that were measured. The path is read once a process, so each part runs in one of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "backend/cuda/cudnn/choices.h"
#include "support/scratch_folder.h"
#include "support/subprocess.h"

namespace cresset::test {
namespace {

using namespace cuda::backend::cudnn;
using cuda::backend::PlanKey;
using testing::HasSubstr;
using testing::Not;

PlanKey key(std::int64_t word) {
  PlanKey made("conv2d.forward", Context{}, true);
  made.add(word);
  return made;
}

// Says what is stored for two problems, then stores for the first.
TEST(CudnnChoicesPart, DISABLED_Use) {
  std::printf("stored: '%s' '%s' '%s'\n", stored_choice("card", key(1)).c_str(), stored_choice("card", key(2)).c_str(),
              stored_choice("another card", key(1)).c_str());
  const char* engine = std::getenv("CRESSET_TEST_ENGINE");
  if (engine) store_choice("card", key(1), engine);
  std::printf("then: '%s'\n", stored_choice("card", key(1)).c_str());
}

std::string use(const std::string& file, const std::string& engine = "") {
  std::vector<std::string> environment{"CRESSET_CUDNN_CHOICES=" + file};
  if (!engine.empty()) environment.push_back("CRESSET_TEST_ENGINE=" + engine);
  const Outcome outcome =
      run_self({"--gtest_also_run_disabled_tests", "--gtest_filter=CudnnChoicesPart.DISABLED_Use"}, environment);
  EXPECT_EQ(outcome.status, 0);
  return outcome.output;
}

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class CudnnChoices : public testing::Test {
 protected:
  ScratchFolder folder_;
  std::string file_ = folder_ / "new/choices.txt";
};

TEST_F(CudnnChoices, TheNextRunKnowsThem) {
  EXPECT_THAT(use(file_, "eng1{k2=3}"), HasSubstr("stored: '' '' ''"));
  EXPECT_THAT(use(file_), HasSubstr("stored: 'eng1{k2=3}' '' ''"));
  EXPECT_THAT(use(file_, "eng4{}"), HasSubstr("then: 'eng4{}'"));
  EXPECT_THAT(use(file_), HasSubstr("stored: 'eng4{}'"));
  EXPECT_THAT(contents(file_), HasSubstr("\tcard\tconv2d.forward 0,0,1073741824,1,1\teng4{}\nend 1\n"));
}

TEST_F(CudnnChoices, OneThatIsCutOffIsWarnedOfAndReplaced) {
  use(file_, "eng1{}");
  std::string text = contents(file_);
  text.resize(text.size() - 4);
  std::ofstream(file_, std::ios::binary) << text;
  const std::string said = use(file_, "eng2{}");
  EXPECT_THAT(said, HasSubstr(file_ + ": is cut off or damaged"));
  EXPECT_THAT(said, HasSubstr("stored: ''"));
  const std::string after = use(file_);
  EXPECT_THAT(after, HasSubstr("stored: 'eng2{}'"));
  EXPECT_THAT(after, Not(HasSubstr("damaged")));
}

TEST_F(CudnnChoices, AFileOfOthersStaysAsItIs) {
  const std::string foreign = folder_ / "diary.txt";
  for (const std::string& text : {std::string("dear diary\n"), std::string("\0\xff\n\n\t", 5), std::string()}) {
    std::ofstream(foreign, std::ios::binary) << text;
    const std::string said = use(foreign, "eng1{}");
    EXPECT_THAT(said, HasSubstr(foreign + ": is no file of cuDNN engines by cresset"));
    EXPECT_THAT(said, HasSubstr("then: 'eng1{}'"));  // in this process
    EXPECT_EQ(contents(foreign), text);
  }
}

TEST_F(CudnnChoices, WhatCannotBeWrittenIsWarnedOf) {
  EXPECT_THAT(use("/proc/no/file.txt", "eng1{}"), HasSubstr("/proc/no/file.txt: cannot be written: "));
  const std::string off = use("off", "eng1{}");
  EXPECT_THAT(off, HasSubstr("then: ''"));
  EXPECT_THAT(off, Not(HasSubstr("cresset: ")));
}

}  // namespace
}  // namespace cresset::test
