// The progress bar: its lines against tqdm's own (tests/golden/progress.json), and what goes where.
#include <cresset/cresset.h>
#include <cresset/data.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "test_paths.h"

namespace cresset::data {
namespace {

using Json = nlohmann::json;

Json golden(const char* part) { return Json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/progress.json"))[part]; }

TEST(ProgressText, IsTqdmsOwn) {
  for (const Json& c : golden("lines")) {
    ProgressState state{.desc = c.value("prefix", ""),
                        .n = c["n"],
                        .total = c["total"],
                        .initial = c.value("initial", 0),
                        .seconds = c["elapsed"],
                        .unit = c.value("unit", "it"),
                        .postfix = c.value("postfix", "")};
    if (c.contains("rate")) state.rate = c["rate"].get<double>();
    const auto columns = c["columns"].is_null() ? std::optional<int>() : c["columns"].get<int>();
    EXPECT_EQ(progress_text(state, columns, c["ascii"]), c["text"].get<std::string>()) << c;
  }
}

TEST(ProgressText, NumbersBehindTheBarAreTqdms) {
  for (const Json& c : golden("numbers")) EXPECT_EQ(PostfixItem("x", c["number"].get<double>()).text, c["text"]);
}

struct Numbers {
  std::int64_t size() const { return 6; }
  std::int64_t get(std::int64_t i) const { return i; }
};

TEST(ProgressBar, ElsewhereThanOnATerminalTheLastLineAlone) {
  testing::internal::CaptureStderr();
  std::int64_t sum = 0;
  auto bar = tqdm(DataLoader{Numbers{}, {.batch_size = 2}}, {.desc = "sum"});
  for (const Tensor& batch : bar) {
    sum += batch.sum().item<std::int64_t>();
    bar.set_postfix({{"sum", sum}, {"of", "six"}});
  }
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_EQ(sum, 15);
  EXPECT_EQ(shown.rfind("sum: 100%|", 0), 0U) << shown;
  EXPECT_NE(shown.find("| 3/3 ["), std::string::npos) << shown;
  EXPECT_NE(shown.find(", sum=15, of=six]\n"), std::string::npos) << shown;
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 1);
}

TEST(ProgressBar, ALoopThatIsLeftEndsTheLineWhereItStood) {
  testing::internal::CaptureStderr();
  for (const Tensor& batch : tqdm(DataLoader{Numbers{}, {.batch_size = 2}})) {
    if (batch[0].item<std::int64_t>() == 2) break;
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("| 1/3 ["), std::string::npos);
}

TEST(ProgressBar, ShowsNothingWhereDisabledOrNotToBeLeft) {
  testing::internal::CaptureStderr();
  for ([[maybe_unused]] const Tensor& batch : tqdm(DataLoader{Numbers{}}, {.disable = true})) {
  }
  for ([[maybe_unused]] const Tensor& batch : tqdm(DataLoader{Numbers{}}, {.leave = false})) {
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ProgressBar, CountsOnFromEarlierSteps) {
  ProgressBar bar({.total = 10, .disable = true, .initial = 4});
  bar.update(2);
  EXPECT_EQ(bar.n(), 6);
  EXPECT_EQ(bar.str().substr(0, 4), " 60%");
  bar.set_description("again");
  EXPECT_EQ(bar.str().substr(0, 11), "again:  60%");
}

// What a child process that runs `body` shows on a terminal.
template <class Body>
std::string shown_on_a_terminal(Body body) {
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::setenv("LC_ALL", "C.UTF-8", 1);
    body();
    ::_exit(0);
  }
  std::string shown;
  char block[4096];
  for (ssize_t got = 0; (got = ::read(terminal, block, sizeof block)) > 0;)
    shown.append(block, static_cast<std::size_t>(got));
  ::close(terminal);
  ::waitpid(child, nullptr, 0);
  return shown;
}

TEST(ProgressBar, OnATerminalIsOneLiveLine) {
  const std::string shown = shown_on_a_terminal([] {
    ProgressBar bar({.total = 2, .mininterval = 0});
    bar.update();
    bar.write("a line that stays");
    bar.update();
  });
  const std::size_t half = shown.find("\r\x1b[2K 50%|"), line = shown.find("\r\x1b[2Ka line that stays"),
                    whole = shown.find("\r\x1b[2K100%|██");
  EXPECT_LT(half, line);
  EXPECT_LT(line, whole);
  ASSERT_NE(whole, std::string::npos) << shown;
  EXPECT_NE(shown.find("2/2 [", whole), std::string::npos);
}

}  // namespace
}  // namespace cresset::data
