// The published data sets, where this machine has them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "test_paths.h"

namespace cresset::data {

// The folder with real data, or the reason to skip.
inline std::string real_data(const std::string& file) {
  const char* given = std::getenv("CRESSET_DATA_DIR");
  const std::string root = given != nullptr && *given != '\0' ? given : CRESSET_DEFAULT_DATA_DIR;
  return std::filesystem::exists(root + "/" + file) ? root : "";
}
#define CRESSET_REAL_DATA(root, file)       \
  const std::string root = real_data(file); \
  if (root.empty()) GTEST_SKIP() << "no " << file << " in CRESSET_DATA_DIR or beside the source folder"

}  // namespace cresset::data
