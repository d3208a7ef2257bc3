#include "data/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "core/check.h"
#include "data/file.h"

namespace cresset::data {
namespace {

struct FreeReader {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<archive, FreeReader>;

// What libarchive says, where it says something.
std::string reason(archive* a) {
  const char* text = archive_error_string(a);
  return text != nullptr ? std::string(": ") + text : "";
}

void open(archive* reader, const std::string& path) {
  // Missing or unreadable files are the system's business: say so in its words.
  (void)File::open_to_read(path);
  const int opened = archive_read_open_filename(reader, path.c_str(), 1 << 18);  // before its reason is asked for
  check<FormatError>(opened == ARCHIVE_OK, "{} must be an archive or a compressed file{}", path, reason(reader));
}

// Relative, without "..": stays below the folder that it is joined to.
bool stays_inside(const std::string& name) {
  if (name.empty() || name.front() == '/') return false;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    if (name.compare(at, end - at, "..") == 0) return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

std::vector<unsigned char> read_compressed(const std::string& path, std::size_t limit) {
  const Reader reader(archive_read_new());
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_raw(reader.get());
  open(reader.get(), path);
  archive_entry* entry = nullptr;
  const bool begins = archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK;
  std::vector<unsigned char> content;
  std::size_t size = 0;
  for (;;) {
    content.resize(size + (std::size_t{1} << 20));
    const la_ssize_t n =
        begins ? archive_read_data(reader.get(), content.data() + size, content.size() - size) : ARCHIVE_FATAL;
    check<FormatError>(n >= 0, "{} must be a whole compressed file{}", path, reason(reader.get()));
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
    check<FormatError>(size <= limit, "{} must hold at most {} bytes when unpacked", path, limit);
  }
  content.resize(size);
  return content;
}

void unpack(const std::string& archive_path, const std::string& folder) {
  const Reader reader(archive_read_new());
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_tar(reader.get());
  open(reader.get(), archive_path);
  make_folders(folder);
  std::vector<char> buffer(std::size_t{1} << 18);
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return;
    check<FormatError>(status == ARCHIVE_OK, "{} must be a whole archive{}", archive_path, reason(reader.get()));
    const char* path_name = archive_entry_pathname(entry);
    const std::string name = path_name != nullptr ? path_name : "";
    check<FormatError>(stays_inside(name), "{}: entries must stay inside the folder, got \"{}\"", archive_path, name);
    const std::string target = join(folder, name);
    if (archive_entry_filetype(entry) == AE_IFDIR) {
      make_folders(target);
      continue;
    }
    check<FormatError>(archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr,
                       "{}: entries must be files or folders, \"{}\" is not", archive_path, name);
    make_folders(target.substr(0, target.rfind('/')));
    const File out = File::open_to_append(target);
    out.truncate();
    for (;;) {
      const la_ssize_t n = archive_read_data(reader.get(), buffer.data(), buffer.size());
      check<FormatError>(n >= 0, "{} must be a whole archive{}", archive_path, reason(reader.get()));
      if (n == 0) break;
      out.write(buffer.data(), static_cast<std::size_t>(n));
    }
    out.sync();
  }
}

}  // namespace cresset::data
