#include <cresset/data/image_folder.h>
#include <cresset/data/read_image.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>
#include <system_error>

#include "core/check.h"
#include "data/class_names.h"
#include "data/file.h"

namespace cresset::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array kExtensions{".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm"};

bool has_picture_extension(std::string path) {
  std::transform(path.begin(), path.end(), path.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(kExtensions.begin(), kExtensions.end(),
                     [&](const char* ending) { return path.ends_with(ending); });
}

// What a folder holds, each in sorted order; a link is what it leads to.
struct Listing {
  std::vector<std::string> folders, files;
};

Listing list(const std::string& folder) {
  Listing found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code broken_link;
    auto& names = it->is_directory(broken_link) ? found.folders : found.files;
    names.push_back(it->path().filename().string());
  }
  check<IoError>(!error, "ImageFolder: cannot read {}: {}", folder, error.message());
  std::sort(found.folders.begin(), found.folders.end());
  std::sort(found.files.begin(), found.files.end());
  return found;
}

// A folder and those below it, which a link may lead back to: `above` are the folders on the way here.
using FolderId = std::pair<dev_t, ino_t>;
void walk(const std::string& folder, std::set<FolderId>& above, std::vector<std::pair<std::string, Listing>>& found) {
  struct stat status {};
  check<IoError>(::stat(folder.c_str(), &status) == 0, "ImageFolder: cannot read {}", folder);
  const auto [place, is_new] = above.emplace(status.st_dev, status.st_ino);
  if (!is_new) return;
  Listing here = list(folder);
  const std::vector<std::string> below = here.folders;
  found.emplace_back(folder, std::move(here));
  for (const std::string& name : below) walk(join(folder, name), above, found);
  above.erase(place);
}

std::vector<std::string> files_below(const std::string& folder, const std::function<bool(const std::string&)>& counts) {
  std::vector<std::pair<std::string, Listing>> folders;
  std::set<FolderId> above;
  walk(folder, above, folders);
  // torchvision sorts the paths of folders, then the names in each.
  std::sort(folders.begin(), folders.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> paths;
  for (const auto& [path, listing] : folders)
    for (const std::string& name : listing.files)
      if (std::string file = join(path, name); counts(file)) paths.push_back(std::move(file));
  return paths;
}

}  // namespace

ImageFolder::ImageFolder(const std::string& root, const ImageFolderOptions& options)
    : classes(list(root).folders), options_(options) {
  check<IoError>(!classes.empty(), "Couldn't find any class folder in {}.", root);
  if (!options_.loader) options_.loader = [](const std::string& path) { return read_image(path, ImageReadMode::rgb); };
  const bool by_extension = !options_.is_valid_file;
  const std::function<bool(const std::string&)> counts = by_extension ? has_picture_extension : options_.is_valid_file;
  std::vector<std::string> empty;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto paths = files_below(join(root, classes[c]), counts);
    if (paths.empty()) empty.push_back(classes[c]);
    for (const std::string& path : paths) {
      samples.push_back({path, static_cast<std::int64_t>(c)});
      targets.push_back(samples.back().target);
    }
  }
  check<IoError>(empty.empty() || options_.allow_empty, "Found no valid file for the classes {}.{}",
                 fmt::join(empty, ", "),
                 by_extension ? fmt::format(" Supported extensions are: {}", fmt::join(kExtensions, ", ")) : "");
}

ImageSample ImageFolder::get(std::int64_t index) const {
  check<IndexError>(index >= 0 && index < size(), "ImageFolder: index must be in [0, {}), got {}", size(), index);
  const Sample& sample = samples[static_cast<std::size_t>(index)];
  return {options_.transform(options_.loader(sample.path), default_generator()),
          options_.target_transform ? options_.target_transform(sample.target) : sample.target};
}

std::int64_t ImageFolder::class_to_idx(std::string_view class_name) const {
  return class_index("ImageFolder", classes, class_name);
}

}  // namespace cresset::data
