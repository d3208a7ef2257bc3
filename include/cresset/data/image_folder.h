// Pictures in folders, one folder a class.
#pragma once

#include <cresset/data/image_dataset.h>
#include <cresset/data/transforms.h>
#include <cresset/tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cresset::data {

// In the order of torchvision's arguments.
struct ImageFolderOptions {
  Transform transform = {};  // of each image, uint8 [3, H, W]; none: the bytes
  std::function<std::int64_t(std::int64_t)> target_transform = {};
  std::function<Tensor(const std::string& path)> loader = {};       // none: read_image(path, ImageReadMode::rgb)
  std::function<bool(const std::string& path)> is_valid_file = {};  // none: by the ending of the name
  bool allow_empty = false;                                         // whether a class may have no file
};

// Labelled images of any sizes, read when they are asked for: root/cat/1.png, root/cat/more/2.jpg, root/dog/3.png. Each
// folder in root is a class, in sorted order (hidden folders too, as in torchvision); in it, and in the folders below
// it, files count whose names end in .jpg, .jpeg, .png, .ppm, .bmp or .pgm, in either case (torchvision also takes
// .tif, .tiff and .webp). Links are followed. Images of different sizes make no batch: `Resize{256}, CenterCrop{224}`
// in the transform makes them equal.
//
// The constructor throws IoError where a folder cannot be read, there is no class folder, or a class has no file. A
// broken file is found when its sample is read: read_image's error, with the path, from get() and from a loader's loop;
// the data set and the loader can be used further. `is_valid_file` can leave such files out.
// https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html
class CRESSET_API ImageFolder {
 public:
  struct Sample {
    std::string path;
    std::int64_t target;
  };

  explicit ImageFolder(const std::string& root, const ImageFolderOptions& options = {});

  std::int64_t size() const { return static_cast<std::int64_t>(samples.size()); }
  // The transformed image and its label. Random transforms draw from the default generator. IndexError outside of
  // [0, size()).
  ImageSample get(std::int64_t index) const;
  ImageSample operator[](std::int64_t index) const { return get(index); }
  // The number of a class. ValueError, with the nearest names, where there is none of that name.
  std::int64_t class_to_idx(std::string_view class_name) const;

  // May be changed, not while a loader runs. get() reads `samples` alone.
  std::vector<std::string> classes;
  std::vector<Sample> samples;        // by class, then by path
  std::vector<std::int64_t> targets;  // of the samples, before target_transform

 private:
  ImageFolderOptions options_;
};

}  // namespace cresset::data
