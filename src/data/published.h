// Fetching published data sets: their addresses and sums are arguments, so that tests can bring their own.
#pragma once

#include <string>
#include <vector>

namespace cresset::data {

struct PublishedFile {
  std::string name;
  std::string md5;
};

// Fetches an archive that holds the folder `name` and puts that folder under `root` in one step. The archive is
// removed.
void fetch_folder(const std::string& root, const std::string& name, const std::vector<std::string>& mirrors,
                  const PublishedFile& archive);

// "https://…/" and "file" joined, for each mirror.
std::vector<std::string> addresses(const std::vector<std::string>& mirrors, const std::string& file);

}  // namespace cresset::data
