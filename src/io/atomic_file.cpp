#include <cresset/io/atomic_file.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "core/check.h"

namespace cresset::io {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kMark = ".tmp-";

// A temporary file whose writer lives is locked by it, and the kernel unlocks it when the writer is gone.
void remove_orphans(const std::string& target) {
  const fs::path path(target);
  const std::string prefix = path.filename().string() + std::string(kMark);
  const auto is_temporary = [&](const std::string& name) {
    return name.size() > prefix.size() && name.compare(0, prefix.size(), prefix) == 0 &&
           name.find_first_not_of("0123456789-", prefix.size()) == std::string::npos;
  };
  std::error_code error;
  for (fs::directory_iterator it(path.has_parent_path() ? path.parent_path() : fs::path("."), error), end;
       !error && it != end; it.increment(error)) {
    if (!is_temporary(it->path().filename().string())) continue;
    const int descriptor = ::open(it->path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) ::unlink(it->path().c_str());
    ::close(descriptor);
  }
}

std::string resolved(const std::string& path) {
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    const fs::path target = fs::weakly_canonical(path, error);
    if (!error) return target.string();
  }
  return path;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, std::string operation)
    : operation_(std::move(operation)), path_(path), target_(resolved(path)) {
  std::error_code error;
  check<IoError>(!path.empty() && !fs::is_directory(target_, error), "{}: {}: must name a file, is {}", operation_,
                 path, path.empty() ? "empty" : "a directory");
  remove_orphans(target_);
  open_temporary();
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::unlink(temporary_.c_str());
  ::close(descriptor_);
}

void AtomicFile::open_temporary() {
  static std::atomic<unsigned> counter = 0;
  // Another writer may take a file for an orphan between its making and its locking; then there is a next name.
  for (;;) {
    temporary_ = fmt::format("{}{}{}-{}", target_, kMark, ::getpid(), counter++);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno == EEXIST) continue;
    if (descriptor_ < 0) fail_with_errno("cannot write beside it");
    struct stat status {};
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 && ::fstat(descriptor_, &status) == 0 && status.st_nlink == 1)
      return;
    ::close(descriptor_);
    descriptor_ = -1;
  }
}

void AtomicFile::fail_with_errno(std::string_view what) const {
  const std::error_code error(errno, std::generic_category());
  fail<IoError>("{}: {}: {}: {}", operation_, path_, what, error.message());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  check<IoError>(descriptor_ >= 0, "{}: {}: is already complete", operation_, path_);
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, at, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with_errno("cannot write");
    at += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  check<IoError>(descriptor_ >= 0, "{}: {}: is already complete", operation_, path_);
  if (::fsync(descriptor_) != 0) fail_with_errno("cannot bring it to the disk");
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_with_errno("cannot put it in place");
  ::close(descriptor_);
  descriptor_ = -1;
  // The new name itself reaches the disk with its folder. Some file systems cannot do that; the file is whole either
  // way.
  const fs::path parent = fs::path(target_).parent_path();
  const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

}  // namespace cresset::io
