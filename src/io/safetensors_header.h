// The header of a safetensors file: 8 bytes of length (little endian), then JSON of that length, then the values.
#pragma once

#include <cresset/io/safetensors.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cresset::io {

struct TensorEntry {
  std::string name;
  DType dtype;
  Shape shape;
  std::uint64_t begin, end;  // bytes, counted from the end of the header
};

// What cresset notes beside the format's own fields.
struct Notes {
  struct Tie {
    std::size_t position;  // of the name in the list of all names
    std::string name, stored_as;
  };
  std::vector<Tie> ties;  // by position
  std::vector<std::string> channels_last;
};

struct Header {
  std::vector<TensorEntry> entries;
  Metadata metadata;  // without that of cresset
  Notes notes;
};

// The header with its length in front, padded so that the values begin at a multiple of 8.
std::string header_bytes(const Header& header, const std::string& path);

// Checks everything: `data_bytes` is what stands in the file after the header, and the entries must cover it exactly.
Header parse_header(std::string_view json, std::uint64_t data_bytes, const std::string& path);

}  // namespace cresset::io
