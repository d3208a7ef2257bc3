// Fetching files over the network.
#pragma once

#include <cresset/export.h>

#include <string>
#include <vector>

namespace cresset::data {

struct DownloadOptions {
  std::string md5 = {};  // 32 hexadecimal digits that the whole file must have; empty: not checked
  bool progress = true;  // a line on stderr, where that is a terminal
  int connect_timeout_seconds = 15;
  int stall_timeout_seconds = 30;  // a server that sends less than 128 bytes a second for so long is given up
  int retries = 2;                 // more tries at the same address after an interrupted transfer
};

// Fetches one file to `path`; the folder is made where it is missing. `urls` (http, https or file) name the same file
// and are tried in turn. What arrives is kept in `path`.part, which a later call continues (HTTP ranges) where an MD5
// is given; only a complete file with the right MD5 is renamed to `path`. A file that is there already, with the right
// MD5 where one is given, is left alone; one with another MD5 is replaced. Two processes may fetch the same file: the
// second waits. Throws IoError where no address gives the file, with the reason for each; FormatError where all that
// came had another MD5; ValueError for an empty list of addresses.
CRESSET_API void download_file(const std::vector<std::string>& urls, const std::string& path,
                               const DownloadOptions& options = {});

}  // namespace cresset::data
