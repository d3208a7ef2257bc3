// One transfer by libcurl.
#pragma once

#include <cresset/data/download.h>

#include <string>

#include "data/file.h"

namespace cresset::data {

enum class TransferResult {
  complete,     // the server says that this was all
  interrupted,  // cut off; what came is in the file
  no_range,     // the server cannot continue a file
  refused       // nothing to expect from this address: not found, no such host, silence
};

struct Transfer {
  TransferResult result;
  std::string reason;  // where it is not complete
};

// Appends what `url` gives, from byte `file.size()` on, to `file`. Throws only where the file cannot be written.
Transfer transfer(const std::string& url, const File& file, const DownloadOptions& options);

}  // namespace cresset::data
