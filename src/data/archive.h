// Reading compressed files and unpacking archives.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cresset::data {

// The content of a file compressed by gzip (or xz, zstd, …). More than `limit` bytes, or damaged data, is a
// FormatError.
std::vector<unsigned char> read_compressed(const std::string& path, std::size_t limit);

// Unpacks a tar archive, compressed or not, into `folder`, which is made. Entries that would land outside of it, and
// anything but files and folders, are a FormatError, as is a damaged archive; a disk that is full, an IoError. What was
// written before an error stays: unpack into a folder that can be thrown away.
void unpack(const std::string& archive_path, const std::string& folder);

}  // namespace cresset::data
