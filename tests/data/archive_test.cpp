#include "data/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <cresset/error.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/cifar10_files.h"
#include "data/local_server.h"
#include "data/md5.h"
#include "data/mnist_files.h"
#include "data/published.h"
#include "data/synthetic.h"

namespace cresset::data {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Entry {
  std::string name, content;
  int type = AE_IFREG;
};

void write_tar(const std::string& path, const std::vector<Entry>& entries) {
  archive* out = archive_write_new();
  archive_write_add_filter_gzip(out);
  archive_write_set_format_pax_restricted(out);
  ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
  for (const Entry& e : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, e.name.c_str());
    archive_entry_set_filetype(entry, static_cast<unsigned>(e.type));
    archive_entry_set_perm(entry, 0755);
    archive_entry_set_size(entry, static_cast<la_int64_t>(e.content.size()));
    if (e.type == AE_IFLNK) archive_entry_set_symlink(entry, "/tmp");
    ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
    if (!e.content.empty()) archive_write_data(out, e.content.data(), e.content.size());
    archive_entry_free(entry);
  }
  archive_write_free(out);
}

TEST(Unpack, PutsFilesAndFolders) {
  const ScratchFolder folder;
  write_tar(folder / "a.tar.gz",
            {{"set/", "", AE_IFDIR}, {"set/one", "1"}, {"set/deep/two", std::string(300000, '2')}});
  unpack(folder / "a.tar.gz", folder / "out");
  EXPECT_EQ(read_text(folder / "out/set/one"), "1");
  EXPECT_EQ(read_text(folder / "out/set/deep/two"), std::string(300000, '2'));
}

TEST(Unpack, RefusesWhatLeavesTheFolder) {
  const ScratchFolder folder;
  const std::string path = folder / "a.tar.gz";
  for (const std::string name : {"/abs", "../up", "a/../../up", "a/.."}) {
    write_tar(path, {{name, "x"}});
    EXPECT_EQ(message_of<FormatError>([&] { unpack(path, folder / "out"); }),
              path + ": entries must stay inside the folder, got \"" + name + "\"");
  }
  write_tar(path, {{"link", "", AE_IFLNK}});
  EXPECT_EQ(message_of<FormatError>([&] { unpack(path, folder / "out"); }),
            path + ": entries must be files or folders, \"link\" is not");
  EXPECT_FALSE(std::filesystem::exists(folder / "up"));
}

TEST(Unpack, RefusesDamage) {
  const ScratchFolder folder;
  const std::string path = folder / "a.tar.gz";
  std::string noise;
  for (unsigned i = 0, state = 1; i < 5000; ++i, state = state * 1664525u + 1013904223u)
    noise += static_cast<char>(state >> 24);
  write_tar(path, {{"one", noise}});
  const std::string whole = read_text(path);
  for (std::size_t size = 0; size + 64 < whole.size(); size += 97) {
    write_text(path, whole.substr(0, size));
    if (size == 0) continue;  // An empty file is an archive without entries.
    EXPECT_THAT(message_of<FormatError>([&] { unpack(path, folder / "out"); }), StartsWith(path + " must be ")) << size;
  }
  EXPECT_THAT(message_of<IoError>([&] { unpack(folder / "none", folder / "out"); }), StartsWith("cannot open "));
}

TEST(Unpack, SaysWhereItStopped) {
  const ScratchFolder folder;
  const std::string path = folder / "a.tar.gz";
  std::string noise;
  for (unsigned i = 0, state = 1; i < 300000; ++i, state = state * 1664525u + 1013904223u)
    noise += static_cast<char>(state >> 24);
  write_tar(path, {{"one", noise}, {"two", "2"}});
  const std::string whole = read_text(path);
  const auto bytes = read_compressed(path, 1 << 20);
  std::string plain(bytes.begin(), bytes.end());
  const auto unpacked = [&] { return message_of<FormatError>([&] { unpack(path, folder / "out"); }); };
  const auto read = [&] { return message_of<FormatError>([&] { read_compressed(path, 1 << 20); }); };

  write_text(path, "");
  EXPECT_EQ(read(), path + " must be an archive or a compressed file: Unrecognized archive format");
  write_text(path, whole.substr(0, 1000));  // not even a first block
  EXPECT_EQ(unpacked(), path + " must be an archive or a compressed file: truncated gzip input");
  EXPECT_EQ(read(), path + " must be an archive or a compressed file: truncated gzip input");
  write_text(path, whole.substr(0, whole.size() - 1000));
  EXPECT_EQ(unpacked(), path + " must be a whole archive: truncated gzip input");
  EXPECT_EQ(read(), path + " must be a whole compressed file: truncated gzip input");
  plain[plain.find("two") + 1] ^= 1;  // the header of the second file
  write_text(path, plain);
  EXPECT_THAT(unpacked(), StartsWith(path + " must be a whole archive: Damaged tar archive"));
}

TEST(ReadCompressed, HasALimit) {
  const ScratchFolder folder;
  write_text(folder / "f", std::string(3000000, 'x'));
  EXPECT_EQ(message_of<FormatError>([&] { read_compressed(folder / "f", 1000); }),
            (folder / "f") + " must hold at most 1000 bytes when unpacked");
}

class Published : public testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = new LocalServer; }
  static void TearDownTestSuite() {
    delete shared_;
    shared_ = nullptr;
  }
  void SetUp() override {
    if (!server_.runs()) GTEST_SKIP() << "python3 is not there to serve files";
    server_.forget();
  }
  // Serves the file and tells its sum.
  PublishedFile publish(const std::string& name, const std::string& content) const {
    server_.serve(name, content);
    write_text(scratch_ / "sum", content);
    return {name, md5_of_file(scratch_ / "sum")};
  }
  static inline LocalServer* shared_ = nullptr;
  LocalServer& server_ = *shared_;
  ScratchFolder folder_, scratch_;
};

TEST_F(Published, Cifar10ComesWhole) {
  std::vector<Entry> entries;
  for (int i = 1; i <= 5; ++i)
    entries.push_back(
        {"cifar-10-batches-bin/data_batch_" + std::to_string(i) + ".bin", cifar10_records(2, 2 * (i - 1))});
  entries.push_back({"cifar-10-batches-bin/test_batch.bin", cifar10_records(2, 1000)});
  write_tar(scratch_ / "good.tar.gz", entries);
  Cifar10Layout layout;
  layout.records_per_file = 2;
  layout.archive = publish("cifar.tar.gz", read_text(scratch_ / "good.tar.gz"));
  layout.mirrors = {server_.mirror("missing"), server_.mirror("good")};

  const std::string root = folder_ / "new/root";
  EXPECT_EQ(read_cifar10(root, true, true, layout).first.size(0), 10);
  EXPECT_EQ(server_.requests().size(), 2u);
  std::string left;
  for (const auto& entry : std::filesystem::directory_iterator(root)) left += entry.path().filename().string() + " ";
  EXPECT_EQ(left, "cifar-10-batches-bin ");
  // It is there now, for both parts.
  EXPECT_EQ(read_cifar10(root, false, true, layout).first.size(0), 2);
  EXPECT_EQ(server_.requests().size(), 2u);
  // What is damaged is fetched again, and only where that was asked for.
  write_text(root + "/cifar-10-batches-bin/data_batch_3.bin", "short");
  EXPECT_THROW(read_cifar10(root, true, false, layout), FormatError);
  EXPECT_EQ(read_cifar10(root, true, true, layout).first.size(0), 10);
}

TEST_F(Published, AnArchiveWithoutTheFolderLeavesNothingBehind) {
  write_tar(scratch_ / "other.tar.gz", {{"something-else/file", "x"}});
  Cifar10Layout layout;
  layout.archive = publish("other.tar.gz", read_text(scratch_ / "other.tar.gz"));
  layout.mirrors = {server_.mirror("good")};
  EXPECT_EQ(message_of<FormatError>([&] { read_cifar10(folder_.path(), true, true, layout); }),
            (folder_ / "other.tar.gz") + " must hold the folder cifar-10-batches-bin");
  EXPECT_EQ(folder_.list(), "other.tar.gz ");
}

TEST_F(Published, MnistComesFileByFile) {
  MnistLayout layout = mnist_layout();
  layout.mirrors = {server_.mirror("good")};
  write_text(scratch_ / "x", "");
  layout.train_images = publish("train-images-idx3-ubyte.gz", idx({3, 2, 2}, pixels(3, 4)));
  layout.train_labels = publish("train-labels-idx1-ubyte.gz", idx({3}, labels(3)));
  EXPECT_EQ(read_mnist(folder_.path(), true, true, layout).first.size(0), 3);
  EXPECT_EQ(server_.requests().size(), 2u);
  EXPECT_EQ(read_mnist(folder_.path(), true, true, layout).first.size(0), 3);
  EXPECT_EQ(server_.requests().size(), 2u);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "MNIST/raw/train-images-idx3-ubyte.gz"));
  layout.test_images = {"none.gz", std::string(32, '0')};
  EXPECT_THAT(message_of<IoError>([&] { read_mnist(folder_.path(), false, true, layout); }), HasSubstr("404"));
}

TEST(PublishedLayouts, NameThePublicFiles) {
  EXPECT_EQ(addresses(Cifar10Layout{}.mirrors, Cifar10Layout{}.archive.name)[0],
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz");
  EXPECT_EQ(addresses({"http://a/b"}, "c")[0], "http://a/b/c");
  EXPECT_EQ(mnist_layout().train_images.md5, "f68b3c2dcbeaaa9fbdd348bbdeb94873");
  EXPECT_EQ(fashion_mnist_layout().test_labels.md5, "bb300cfdad3c16e7a12a480ee83cd310");
}

}  // namespace
}  // namespace cresset::data
