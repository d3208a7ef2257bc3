#include <cresset/creation.h>
#include <cresset/data/cifar10.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "data/cifar10_files.h"
#include "data/file.h"

namespace cresset::data {
namespace {

constexpr const char* kFolder = "cifar-10-batches-bin";
constexpr std::int64_t kImageBytes = 3 * 32 * 32;
constexpr std::int64_t kRecordBytes = 1 + kImageBytes;

std::vector<std::string> train_files() {
  return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
}
std::vector<std::string> test_files() { return {"test_batch.bin"}; }

bool all_there(const std::string& folder, std::int64_t records) {
  for (const auto& files : {train_files(), test_files()})
    for (const std::string& name : files)
      if (file_size_or_missing(join(folder, name)) != records * kRecordBytes) return false;
  return true;
}

// The folder with the files, or where it is looked for first.
std::string find_folder(const std::string& root, const std::string& file) {
  const std::string below = join(root, kFolder);
  return file_size_or_missing(join(below, file)) < 0 && file_size_or_missing(join(root, file)) >= 0 ? root : below;
}

void read_file(const std::string& path, std::int64_t records, std::uint8_t* images, std::int64_t* labels) {
  const File file = File::open_to_read(path);
  check<FormatError>(file.size() == records * kRecordBytes,
                     "CIFAR10: {} must hold {} records of {} bytes ({}), holds {} bytes", path, records, kRecordBytes,
                     records * kRecordBytes, file.size());
  constexpr std::int64_t kBlock = 64;
  std::vector<std::uint8_t> block(static_cast<std::size_t>(kBlock * kRecordBytes));
  for (std::int64_t done = 0; done < records;) {
    const std::int64_t count = std::min(kBlock, records - done);
    const auto bytes = static_cast<std::size_t>(count * kRecordBytes);
    file.read_exactly(block.data(), bytes);
    for (std::int64_t i = 0; i < count; ++i, ++done) {
      const std::uint8_t* record = block.data() + i * kRecordBytes;
      check<ValueError>(*record < 10, "CIFAR10: labels must be in [0, 10), {} has {} in record {}", path, *record,
                        done);
      labels[done] = *record;
      std::memcpy(images + done * kImageBytes, record + 1, kImageBytes);
    }
  }
}

Cifar10Layout layout_with(const std::vector<std::string>& mirrors) {
  Cifar10Layout layout;
  if (!mirrors.empty()) layout.mirrors = mirrors;
  return layout;
}

ImageDataset load(const std::string& root, const ImageDatasetOptions& options) {
  auto [images, labels] = read_cifar10(root, options.train, options.download, layout_with(options.mirrors));
  return {"CIFAR10",
          images,
          labels,
          {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
          options.transform,
          options.target_transform};
}

}  // namespace

std::pair<Tensor, Tensor> read_cifar10(const std::string& root, bool train, bool download,
                                       const Cifar10Layout& layout) {
  const auto files = train ? train_files() : test_files();
  std::string folder = find_folder(root, files[0]);
  if (download && !all_there(folder, layout.records_per_file)) {
    make_folders(root);
    fetch_folder(root, kFolder, layout.mirrors, layout.archive);
    folder = join(root, kFolder);
  }
  for (const std::string& name : files)
    check<IoError>(file_size_or_missing(join(folder, name)) >= 0,
                   "CIFAR10: {} must be there (or in {}); .download = true fetches it", join(folder, name), root);
  const std::int64_t records = layout.records_per_file;
  const auto count = static_cast<std::int64_t>(files.size()) * records;
  Tensor images = empty(Shape{count, std::int64_t{3}, std::int64_t{32}, std::int64_t{32}}, {.dtype = kUInt8});
  Tensor labels = empty({count}, {.dtype = kInt64});
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::int64_t first = static_cast<std::int64_t>(i) * records;
    read_file(join(folder, files[i]), records, images.data_ptr<std::uint8_t>() + first * kImageBytes,
              labels.data_ptr<std::int64_t>() + first);
  }
  return {images, labels};
}

CIFAR10::CIFAR10(const std::string& root, const ImageDatasetOptions& options) : ImageDataset(load(root, options)) {}

}  // namespace cresset::data
