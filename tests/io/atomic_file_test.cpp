// Files that are there whole or not at all: errors, a full disk, other writers, a kill.
#include <cresset/error.h>
#include <cresset/io/atomic_file.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/nobody.h"
#include "support/scratch_folder.h"
#include "support/small_disk.h"

namespace cresset::io {
namespace {

namespace fs = std::filesystem;

void write_whole(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

TEST(AtomicFile, AppearsOnlyWithCommit) {
  const ScratchFolder folder;
  {
    AtomicFile file(folder / "x");
    file.write("new");
    EXPECT_FALSE(fs::exists(folder / "x"));
    file.commit();
  }
  EXPECT_EQ(read_text(folder / "x"), "new");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, WithoutCommitTheOldOneStays) {
  const ScratchFolder folder;
  write_whole(folder / "x", "old");
  { AtomicFile(folder / "x").write("half"); }
  EXPECT_EQ(read_text(folder / "x"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, IsCompleteOnce) {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  AtomicFile file(path, "save");
  file.commit();
  EXPECT_EQ(message_of<IoError>([&] { file.write("more"); }), "save: " + path + ": is already complete");
  EXPECT_EQ(message_of<IoError>([&] { file.commit(); }), "save: " + path + ": is already complete");
}

TEST(AtomicFile, FollowsALink) {
  const ScratchFolder folder;
  write_whole(folder / "real", "old");
  fs::create_symlink("real", folder / "link");
  write_whole(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_text(folder / "real"), "new");
}

TEST(AtomicFile, SaysWhatIsWrongWithThePath) {
  const ScratchFolder folder;
  EXPECT_EQ(message_of<IoError>([&] { AtomicFile(folder.path()); }),
            "write: " + folder.path() + ": must name a file, is a directory");
  EXPECT_EQ(message_of<IoError>([&] { AtomicFile(""); }), "write: : must name a file, is empty");
  EXPECT_EQ(message_of<IoError>([&] { AtomicFile(folder / "none/x"); }),
            "write: " + (folder / "none/x") + ": cannot write beside it: No such file or directory");
}

TEST(AtomicFile, DoesNotReplaceAFolderThatCameBetween) {
  const ScratchFolder folder;
  AtomicFile file(folder / "x", "save");
  fs::create_directory(folder / "x");
  EXPECT_EQ(message_of<IoError>([&] { file.commit(); }),
            "save: " + (folder / "x") + ": cannot put it in place: Is a directory");
}

TEST(AtomicFile, RemovesWhatAKilledWriterLeft) {
  const ScratchFolder folder;
  write_text(folder / "x.tmp-123-4", "orphan");
  write_text(folder / "x.tmp-notes", "a user's own");
  AtomicFile living(folder / "x");
  living.write("a");
  write_whole(folder / "x", "b");
  EXPECT_FALSE(fs::exists(folder / "x.tmp-123-4"));
  EXPECT_TRUE(fs::exists(folder / "x.tmp-notes"));
  living.commit();
  EXPECT_EQ(read_text(folder / "x"), "a");
}

TEST(AtomicFile, AKillWhileWritingLeavesTheOldFile) {
  const ScratchFolder folder;
  write_whole(folder / "x", "old");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile file(folder / "x");
    file.write("half");
    static_cast<void>(!::write(ready[1], "r", 1));
    for (;;) ::pause();
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_EQ(read_text(folder / "x"), "old");
  EXPECT_EQ(folder.files(), 2u);
  write_whole(folder / "x", "new");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, AFullDiskLeavesTheOldFileWhole) {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  const std::string answer = on_small_disk(folder, [&]() -> std::string {
    const std::string old(40000, 'o');
    write_whole(path, old);
    try {
      write_whole(path, std::string(40000, 'n'));
    } catch (const IoError& e) {
      const bool whole = read_text(path) == old && folder.files() == 1;
      return std::string(whole ? "" : "damaged ") + e.what();
    }
    return "no error";
  });
  if (answer.rfind("cannot mount", 0) == 0) GTEST_SKIP() << "needs root: " << answer;
  EXPECT_EQ(answer, "write: " + path + ": cannot write: No space left on device");
}

TEST(AtomicFile, AFolderWithoutPermission) {
  const ScratchFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(as_nobody(folder, [&] { return message_of<IoError>([&] { AtomicFile(folder / "x"); }); }),
            "write: " + (folder / "x") + ": cannot write beside it: Permission denied");
  fs::permissions(folder.path(), fs::perms::owner_all);
}

}  // namespace
}  // namespace cresset::io
