#include "data/idx.h"

#include <cresset/creation.h>

#include <cstring>
#include <vector>

#include "core/check.h"
#include "data/archive.h"
#include "data/file.h"

namespace cresset::data {
namespace {

// More than any file of the MNIST family; keeps damaged headers from asking for all memory.
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 31;

std::vector<unsigned char> read_plain(const std::string& path) {
  const File file = File::open_to_read(path);
  check<FormatError>(file.size() <= kMaxBytes, "{} must hold at most {} bytes, holds {}", path, kMaxBytes, file.size());
  std::vector<unsigned char> content(static_cast<std::size_t>(file.size()));
  content.resize(file.read(content.data(), content.size()));
  return content;
}

std::uint32_t big_endian(const unsigned char* p) {
  return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
}

}  // namespace

Tensor read_idx(const std::string& path, int dims) {
  const bool compressed = path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0;
  const auto content = compressed ? read_compressed(path, kMaxBytes) : read_plain(path);
  const std::size_t header = 4 + 4 * static_cast<std::size_t>(dims);
  check<FormatError>(content.size() >= header, "{} must begin with an IDX header of {} bytes, holds {} bytes", path,
                     header, content.size());
  const std::uint32_t magic = 0x800u + static_cast<std::uint32_t>(dims);
  check<FormatError>(big_endian(content.data()) == magic, "{} must begin with the magic number {:#010x}, got {:#010x}",
                     path, magic, big_endian(content.data()));
  Shape shape;
  std::int64_t count = 1;
  for (int d = 0; d < dims; ++d) {
    const std::int64_t size = big_endian(content.data() + 4 + 4 * d);
    shape.push_back(size);
    check<FormatError>(size > 0 && size <= kMaxBytes / count,
                       "{}: sizes must be positive and give at most {} bytes, got {}", path, kMaxBytes, shape.str());
    count *= size;
  }
  check<FormatError>(content.size() - header == static_cast<std::size_t>(count),
                     "{} must hold {} bytes after the header ({}), holds {}", path, count, shape.str(),
                     content.size() - header);
  Tensor result = empty(shape, {.dtype = kUInt8});
  std::memcpy(result.data_ptr(), content.data() + header, static_cast<std::size_t>(count));
  return result;
}

}  // namespace cresset::data
