// Files by descriptor, with errors that name the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace cresset::data {

// An open file, closed by the destructor. Every failure is an IoError with the path and the system's reason.
class File {
 public:
  static File open_to_read(const std::string& path);
  // Creates the file where it is missing; keeps what is there.
  static File open_to_append(const std::string& path);
  File(File&& other) noexcept : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File();

  const std::string& path() const { return path_; }
  std::int64_t size() const;
  // Bytes read, 0 at the end of the file.
  std::size_t read_some(void* to, std::size_t bytes) const;
  // As many bytes as there are, up to `bytes`.
  std::size_t read(void* to, std::size_t bytes) const;
  // FormatError where there are fewer.
  void read_exactly(void* to, std::size_t bytes) const;
  void write(const void* from, std::size_t bytes) const;
  void truncate() const;
  // What was written is on the disk when this returns.
  void sync() const;
  // Waits until no other process holds the file.
  void lock() const;
  // Whether `path()` still names this very file.
  bool is_in_place() const;

 private:
  File(std::string path, int flags);
  std::string path_;
  int descriptor_;
};

// Size of a regular file, -1 where there is none.
std::int64_t file_size_or_missing(const std::string& path);
void make_folders(const std::string& path);
// Replaces `to` in one step.
void rename_file(const std::string& from, const std::string& to);
void remove_file(const std::string& path) noexcept;
// "a/b" and "c" give "a/b/c".
std::string join(const std::string& folder, const std::string& name);

}  // namespace cresset::data
