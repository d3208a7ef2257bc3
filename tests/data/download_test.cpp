#include <cresset/data/download.h>
#include <cresset/error.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "data/file.h"
#include "data/local_server.h"
#include "data/md5.h"
#include "data/progress.h"
#include "support/scratch_folder.h"
#include "support/small_disk.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string some_content(std::size_t size) {
  std::string text;
  unsigned state = 12345;
  for (; text.size() < size; state = state * 1664525u + 1013904223u) text += static_cast<char>(state >> 24);
  return text;
}

class Download : public testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = new LocalServer; }
  static void TearDownTestSuite() {
    delete shared_;
    shared_ = nullptr;
  }
  void SetUp() override {
    server_.forget();
    if (!server_.runs()) GTEST_SKIP() << "python3 is not there to serve files";
    server_.serve("file.bin", content_);
    write_text(folder_ / "sum", content_);
    md5_ = md5_of_file(folder_ / "sum");
    remove_file(folder_ / "sum");
  }
  std::string url(const std::string& mode) const { return server_.mirror(mode) + "file.bin"; }
  std::string target() const { return folder_ / "file.bin"; }
  DownloadOptions with_md5() const { return {.md5 = md5_, .stall_timeout_seconds = 1}; }

  const std::string content_ = some_content(100000);
  std::string md5_;
  static inline LocalServer* shared_ = nullptr;
  LocalServer& server_ = *shared_;
  ScratchFolder folder_;
};

TEST_F(Download, FetchesAFile) {
  download_file({url("good")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
  EXPECT_EQ(folder_.list(), "file.bin ");
}

TEST_F(Download, MakesFoldersAndNeedsNoSum) {
  download_file({url("good")}, folder_ / "a/b/file.bin");
  EXPECT_EQ(read_text(folder_ / "a/b/file.bin"), content_);
}

TEST_F(Download, FollowsARedirect) {
  download_file({url("moved")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
}

TEST_F(Download, LeavesAFileThatIsThere) {
  write_text(target(), content_);
  download_file({url("good")}, target(), with_md5());
  EXPECT_TRUE(server_.requests().empty());
  write_text(target(), "old");
  download_file({url("good")}, target());
  EXPECT_EQ(read_text(target()), "old");
}

TEST_F(Download, ReplacesAFileWithAnotherSum) {
  write_text(target(), "old");
  download_file({url("good")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
}

TEST_F(Download, ContinuesAPart) {
  write_text(target() + ".part", content_.substr(0, 60000));
  download_file({url("good")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
  EXPECT_THAT(server_.requests(), ElementsAre("/good/file.bin bytes=60000-"));
  EXPECT_EQ(folder_.list(), "file.bin ");
}

TEST_F(Download, DoesNotContinueWithoutASum) {
  write_text(target() + ".part", "something else");
  download_file({url("good")}, target());
  EXPECT_EQ(read_text(target()), content_);
  EXPECT_THAT(server_.requests(), ElementsAre("/good/file.bin "));
}

TEST_F(Download, BeginsAgainWhereTheServerHasNoRanges) {
  write_text(target() + ".part", content_.substr(0, 60000));
  download_file({url("plain")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
}

TEST_F(Download, TakesAPartThatIsComplete) {
  write_text(target() + ".part", content_);
  download_file({url("good")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
}

TEST_F(Download, BeginsAgainWhereThePartIsToBlame) {
  write_text(target() + ".part", std::string(60000, 'y'));
  download_file({url("good")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
  write_text(target(), "");
  write_text(target() + ".part", std::string(200000, 'y'));
  download_file({url("good")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
}

TEST_F(Download, GoesOnAfterACut) {
  DownloadOptions options = with_md5();
  options.retries = 4;
  download_file({url("cut")}, target(), options);
  EXPECT_EQ(read_text(target()), content_);
  EXPECT_THAT(server_.requests(), ElementsAre("/cut/file.bin ", "/cut/file.bin bytes=25001-",
                                              "/cut/file.bin bytes=50002-", "/cut/file.bin bytes=75003-"));
}

TEST_F(Download, KeepsThePartOfACutForTheNextCall) {
  DownloadOptions options = with_md5();
  options.retries = 1;
  EXPECT_THAT(message_of<IoError>([&] { download_file({url("cut")}, target(), options); }),
              StartsWith("download: no address gave " + target() + ":\n  " + url("cut") + ": "));
  EXPECT_EQ(folder_.list(), "file.bin.part ");
  EXPECT_EQ(read_text(target() + ".part"), content_.substr(0, 50002));
  download_file({url("good")}, target(), options);
  EXPECT_EQ(read_text(target()), content_);
}

TEST_F(Download, ACutWithoutASumLeavesNothing) {
  message_of<IoError>([&] { download_file({url("cut")}, target(), {.retries = 1}); });
  EXPECT_EQ(folder_.list(), "");
}

TEST_F(Download, SaysWhyEachAddressFailed) {
  const std::string message = message_of<IoError>([&] {
    download_file({url("missing"), url("dead"), "http://127.0.0.1:1/file.bin"}, target(), with_md5());
  });
  EXPECT_THAT(message, HasSubstr(url("missing") + ": The requested URL returned error: 404"));
  EXPECT_THAT(message, HasSubstr(url("dead") + ": "));
  EXPECT_THAT(message, HasSubstr("http://127.0.0.1:1/file.bin: Failed to connect"));
  EXPECT_EQ(folder_.list(), "");
}

TEST_F(Download, TriesMirrorsInTurn) {
  download_file({url("missing"), url("wrong"), url("good"), url("hang")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
  EXPECT_THAT(server_.requests(), ElementsAre("/missing/file.bin ", "/wrong/file.bin ", "/good/file.bin "));
}

TEST_F(Download, ContinuesFromAnotherMirror) {
  DownloadOptions options = with_md5();
  options.retries = 0;
  download_file({url("cut"), url("good")}, target(), options);
  EXPECT_EQ(read_text(target()), content_);
  EXPECT_THAT(server_.requests(), ElementsAre("/cut/file.bin ", "/good/file.bin bytes=25001-"));
}

TEST_F(Download, RefusesAWrongSum) {
  const std::string message = message_of<FormatError>([&] { download_file({url("wrong")}, target(), with_md5()); });
  write_text(folder_ / "x", std::string(content_.size(), 'x'));
  EXPECT_EQ(message, "download: no address gave the right " + target() + ":\n  " + url("wrong") +
                         ": the MD5 sum must be " + md5_ + ", got " + md5_of_file(folder_ / "x"));
  EXPECT_EQ(folder_.list(), "x ");
}

TEST_F(Download, GivesUpASilentServer) {
  EXPECT_THAT(message_of<IoError>([&] { download_file({url("hang")}, target(), with_md5()); }),
              HasSubstr("Operation too slow"));
  download_file({url("hang"), url("good")}, target(), with_md5());
  EXPECT_EQ(read_text(target()), content_);
}

TEST_F(Download, ChecksItsArguments) {
  EXPECT_EQ(message_of<ValueError>([&] { download_file({}, "f"); }),
            "download: at least one address must be given for f");
  EXPECT_EQ(message_of<ValueError>([&] { download_file({url("good")}, "f", {.md5 = "abc"}); }),
            "download: md5 must be 32 hexadecimal digits, got \"abc\"");
  EXPECT_EQ(message_of<ValueError>([&] { download_file({url("good")}, "f", {.stall_timeout_seconds = 0}); }),
            "download: timeouts must be positive and retries not negative, got 15, 0 and 2");
  EXPECT_THAT(message_of<IoError>([&] { download_file({"gopher://127.0.0.1/f"}, target()); }),
              HasSubstr("not supported"));
  EXPECT_EQ(folder_.list(), "");
}

TEST_F(Download, ReportsAFullDisk) {
  const std::string answer = on_small_disk(folder_, [&]() -> std::string {
    const std::string old(1000, 'o');
    write_text(folder_ / "old", old);
    try {
      download_file({url("good")}, target(), with_md5());
    } catch (const IoError& e) {
      const bool whole = read_text(folder_ / "old") == old && !std::filesystem::exists(target());
      return std::string(whole ? "" : "damaged ") + e.what();
    }
    return "no error";
  });
  if (answer.rfind("cannot mount", 0) == 0) GTEST_SKIP() << "needs root: " << answer;
  EXPECT_EQ(answer, "cannot write " + target() + ".part: No space left on device");
}

TEST_F(Download, ReportsAFolderThatCannotBeMade) {
  write_text(folder_ / "plain", "");
  EXPECT_THAT(message_of<IoError>([&] { download_file({url("good")}, folder_ / "plain/file.bin"); }),
              StartsWith("cannot create the folder " + (folder_ / "plain")));
}

TEST(DownloadFromFile, WorksWithoutAServer) {
  ScratchFolder folder;
  write_text(folder / "source", "abc");
  download_file({"file://" + (folder / "source")}, folder / "copy", {.md5 = "900150983CD24FB0D6963F7D28E17F72"});
  EXPECT_EQ(read_text(folder / "copy"), "abc");
}

TEST(DownloadProgress, SaysHowMuchOfHowMuch) {
  EXPECT_EQ(progress_line("f", 1572864, 3145728, 524288), "f: 1.5 of 3.0 MiB (50%), 0.5 MiB/s");
  EXPECT_EQ(progress_line("f", 1572864, 0, 524288), "f: 1.5 MiB, 0.5 MiB/s");
}

TEST(DownloadMd5, KnowsPublishedSums) {
  ScratchFolder folder;
  write_text(folder / "abc", "abc");
  EXPECT_EQ(md5_of_file(folder / "abc"), "900150983cd24fb0d6963f7d28e17f72");  // RFC 1321
  EXPECT_EQ(message_of<IoError>([&] { md5_of_file(folder / "none"); }),
            "cannot open " + (folder / "none") + ": No such file or directory");
  // Where OpenSSL may use approved sums only, MD5 is none.
  ASSERT_EQ(EVP_default_properties_enable_fips(nullptr, 1), 1);
  const std::string refused = message_of<IoError>([&] { md5_of_file(folder / "abc"); });
  ASSERT_EQ(EVP_default_properties_enable_fips(nullptr, 0), 1);
  EXPECT_EQ(refused, "md5: must be available in OpenSSL to check " + (folder / "abc"));
}

}  // namespace
}  // namespace cresset::data
