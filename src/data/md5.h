// MD5 sums, as published beside data sets: they find damage, not malice.
#pragma once

#include <string>

namespace cresset::data {

// 32 lower-case hexadecimal digits. IoError where the file cannot be read.
std::string md5_of_file(const std::string& path);

}  // namespace cresset::data
