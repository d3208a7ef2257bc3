// Tensors in files of the safetensors format, as the Python package `safetensors` reads and writes them.
// https://github.com/huggingface/safetensors#format
#pragma once

#include <cresset/device.h>
#include <cresset/export.h>
#include <cresset/state_dict.h>

#include <map>
#include <string>

namespace cresset {

// Words about a file, kept beside its tensors.
using Metadata = std::map<std::string, std::string>;

struct SaveOptions {
  Metadata metadata = {};
};

// Writes `tensors` to `path`, all or nothing (io::AtomicFile). Every dtype, shape, memory format and device; values are
// stored row by row. Names that hold the same tensor (same memory, shape, strides and dtype) are stored once; which
// names those are, and which tensors are channels_last, stands in the metadata under "cresset", which other readers
// pass over: they see a tied tensor under its first name only.
// Throws ValueError for the name `__metadata__`, one that is not UTF-8, and an undefined tensor; IoError where the file
// cannot be written.
CRESSET_API void save(const StateDict& tensors, const std::string& path, const SaveOptions& options = {});

struct LoadOptions {
  Device device = {};  // where the tensors are to live
};

// Reads what save() or another program wrote; the values go straight into the tensors. Throws IoError where the file
// cannot be read, FormatError where it is not a whole, well-formed safetensors file (sizes, offsets and overlaps are
// checked before anything is allocated), UnsupportedError for a type that cresset does not have.
CRESSET_API StateDict load(const std::string& path, const LoadOptions& options = {});

// The metadata of such a file, and nothing else of it. Throws as load() does.
CRESSET_API Metadata load_metadata(const std::string& path);

}  // namespace cresset
