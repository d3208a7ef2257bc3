#include "data/published.h"

#include <cresset/data/download.h>
#include <unistd.h>

#include <filesystem>

#include "core/check.h"
#include "data/archive.h"
#include "data/file.h"

namespace cresset::data {
namespace {

// A folder that is gone when the work in it is done or has failed.
class ScratchFolder {
 public:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

std::vector<std::string> addresses(const std::vector<std::string>& mirrors, const std::string& file) {
  std::vector<std::string> urls;
  for (const std::string& mirror : mirrors) urls.push_back(join(mirror, file));
  return urls;
}

void fetch_folder(const std::string& root, const std::string& name, const std::vector<std::string>& mirrors,
                  const PublishedFile& archive) {
  const std::string archive_path = join(root, archive.name);
  download_file(addresses(mirrors, archive.name), archive_path, {.md5 = archive.md5});
  const ScratchFolder scratch(join(root, "." + name + ".unpacking-" + std::to_string(::getpid())));
  unpack(archive_path, scratch.path());
  const std::string unpacked = join(scratch.path(), name), target = join(root, name);
  std::error_code error;
  check<FormatError>(std::filesystem::is_directory(unpacked, error), "{} must hold the folder {}", archive_path, name);
  // What is there is incomplete, or nothing would have been fetched.
  std::filesystem::remove_all(target, error);
  rename_file(unpacked, target);
  remove_file(archive_path);
}

}  // namespace cresset::data
