#include "data/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "core/check.h"

namespace cresset::data {
namespace {

[[noreturn]] void fail_on(const char* action, const std::string& path) {
  const int error = errno;
  fail<IoError>("{} {}: {}", action, path, std::strerror(error));
}

}  // namespace

File::File(std::string path, int flags) : path_(std::move(path)), descriptor_(::open(path_.c_str(), flags, 0644)) {
  if (descriptor_ < 0) fail_on("cannot open", path_);
}
File File::open_to_read(const std::string& path) { return {path, O_RDONLY | O_CLOEXEC}; }
File File::open_to_append(const std::string& path) { return {path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC}; }
File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::int64_t File::size() const {
  struct stat info;
  if (::fstat(descriptor_, &info) != 0) fail_on("cannot read", path_);
  return info.st_size;
}

std::size_t File::read_some(void* to, std::size_t bytes) const {
  for (;;) {
    const ssize_t n = ::read(descriptor_, to, bytes);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) fail_on("cannot read", path_);
  }
}

std::size_t File::read(void* to, std::size_t bytes) const {
  std::size_t done = 0;
  while (done < bytes) {
    const std::size_t n = read_some(static_cast<char*>(to) + done, bytes - done);
    if (n == 0) break;
    done += n;
  }
  return done;
}

void File::read_exactly(void* to, std::size_t bytes) const {
  const std::size_t got = read(to, bytes);
  check<FormatError>(got == bytes, "{} became shorter while it was read: {} bytes are missing", path_, bytes - got);
}

void File::write(const void* from, std::size_t bytes) const {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::write(descriptor_, static_cast<const char*>(from) + done, bytes - done);
    if (n < 0 && errno != EINTR) fail_on("cannot write", path_);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
}

void File::truncate() const {
  if (::ftruncate(descriptor_, 0) != 0) fail_on("cannot write", path_);
}

void File::sync() const {
  if (::fsync(descriptor_) != 0) fail_on("cannot write", path_);
}

void File::lock() const {
  while (::flock(descriptor_, LOCK_EX) != 0)
    if (errno != EINTR) fail_on("cannot lock", path_);
}

bool File::is_in_place() const {
  struct stat mine, named;
  return ::fstat(descriptor_, &mine) == 0 && ::stat(path_.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

std::int64_t file_size_or_missing(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : -1;
}

void make_folders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  check<IoError>(!error, "cannot create the folder {}: {}", path, error.message());
}

void rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) fail_on("cannot create", to);
}

void remove_file(const std::string& path) noexcept { ::unlink(path.c_str()); }

std::string join(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  return folder.back() == '/' ? folder + name : folder + '/' + name;
}

}  // namespace cresset::data
