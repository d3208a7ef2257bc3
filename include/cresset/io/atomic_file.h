// A file that is there whole or not at all.
#pragma once

#include <cresset/export.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace cresset::io {

// Writes beside `path` (`path.tmp-<process>-<number>`); commit() brings it to the disk (fsync) and puts it in the place
// of `path` in one step. Without commit() the old file, if any, stays as it is, whatever happened: an exception, a full
// disk, a kill. What a killed process left beside `path` is removed by the next writer. A symbolic link is followed.
// Errors are IoError: `operation: path: what failed`.
class CRESSET_API AtomicFile {
 public:
  // `operation` begins the messages of errors.
  explicit AtomicFile(const std::string& path, std::string operation = "write");
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();
  // Where it lies until commit(): in the same folder.
  const std::string& temporary_path() const { return temporary_; }

 private:
  [[noreturn]] void fail_with_errno(std::string_view what) const;
  void open_temporary();

  std::string operation_, path_, target_, temporary_;
  int descriptor_ = -1;
};

}  // namespace cresset::io
