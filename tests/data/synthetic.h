// Small files in the formats of the published data sets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/scratch_folder.h"

namespace cresset::data {

// A pixel that follows from its place.
inline std::uint8_t pixel(std::int64_t record, std::int64_t at) {
  return static_cast<std::uint8_t>(record * 37 + at * 11 + at / 256);
}

// `records` records of CIFAR-10's binary version whose labels are (first + i) % 10.
inline std::string cifar10_records(std::int64_t records, std::int64_t first) {
  std::string text;
  for (std::int64_t i = first; i < first + records; ++i) {
    text += static_cast<char>(i % 10);
    for (std::int64_t k = 0; k < 3072; ++k) text += static_cast<char>(pixel(i, k));
  }
  return text;
}

// The six files; record i of the training part has number i, of the test part 1000 + i.
inline void write_cifar10(const std::string& folder, std::int64_t records) {
  for (int file = 0; file < 5; ++file)
    write_text(folder + "/data_batch_" + std::to_string(file + 1) + ".bin", cifar10_records(records, file * records));
  write_text(folder + "/test_batch.bin", cifar10_records(records, 1000));
}

// An IDX file of bytes.
inline std::string idx(const std::vector<std::uint32_t>& sizes, const std::string& bytes) {
  std::string text{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift);
  return text + bytes;
}

inline std::string pixels(std::int64_t images, std::int64_t plane) {
  std::string text;
  for (std::int64_t i = 0; i < images; ++i)
    for (std::int64_t k = 0; k < plane; ++k) text += static_cast<char>(pixel(i, k));
  return text;
}

inline std::string labels(std::int64_t count) {
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) text += static_cast<char>(i % 10);
  return text;
}

}  // namespace cresset::data
