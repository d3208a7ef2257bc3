// Files by descriptor: each failure names the file and the reason.
#include "data/file.h"

#include <cresset/error.h>
#include <gtest/gtest.h>

#include "support/scratch_folder.h"

namespace cresset::data {
namespace {

TEST(File, ReadsExactlyWhatIsAskedForOrSaysWhatIsMissing) {
  const ScratchFolder folder;
  const std::string path = folder / "f";
  write_text(path, "abcd");
  char bytes[8] = {};
  File::open_to_read(path).read_exactly(bytes, 4);
  EXPECT_STREQ(bytes, "abcd");
  EXPECT_EQ(message_of<FormatError>([&] { File::open_to_read(path).read_exactly(bytes, 6); }),
            path + " became shorter while it was read: 2 bytes are missing");
}

TEST(File, SaysWhatFailedAndWhy) {
  const ScratchFolder folder;
  const std::string path = folder / "f";
  write_text(path, "abcd");
  char byte;
  EXPECT_EQ(message_of<IoError>([&] { File::open_to_read(folder / "none"); }),
            "cannot open " + (folder / "none") + ": No such file or directory");
  EXPECT_EQ(message_of<IoError>([&] { File::open_to_read(folder.path()).read(&byte, 1); }),
            "cannot read " + folder.path() + ": Is a directory");
  EXPECT_EQ(message_of<IoError>([&] { File::open_to_read(path).write("x", 1); }),
            "cannot write " + path + ": Bad file descriptor");
  EXPECT_EQ(message_of<IoError>([&] { File::open_to_read(path).truncate(); }),
            "cannot write " + path + ": Invalid argument");
  EXPECT_EQ(message_of<IoError>([] { File::open_to_read("/dev/null").sync(); }),
            "cannot write /dev/null: Invalid argument");
  EXPECT_EQ(message_of<IoError>([&] { rename_file(folder / "none", path); }),
            "cannot create " + path + ": No such file or directory");
  EXPECT_EQ(message_of<IoError>([&] { make_folders(path + "/below"); }),
            "cannot create the folder " + path + "/below: Not a directory");
}

}  // namespace
}  // namespace cresset::data
