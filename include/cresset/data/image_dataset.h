// Labelled images of one size, kept in memory as bytes.
#pragma once

#include <cresset/data/batch_request.h>
#include <cresset/data/transforms.h>
#include <cresset/tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace cresset::data {

namespace detail {
struct ImagePlan;
}

struct ImageSample {
  Tensor image;
  std::int64_t label;
};

struct ImageDatasetOptions {
  bool train = true;         // the training part, otherwise the test part
  Transform transform = {};  // of each image, uint8 [C, H, W]; none: the bytes
  std::function<std::int64_t(std::int64_t)> target_transform = {};
  bool download = false;  // fetch what is missing under the root folder
  // Base addresses that the files' names are appended to, tried in turn; empty: the public ones.
  std::vector<std::string> mirrors = {};
};

// Base of CIFAR10, MNIST and FashionMNIST, and usable with images of one's own. A copy shares data and targets.
class CRESSET_API ImageDataset {
 public:
  // data: uint8 [N, H, W] or [N, C, H, W]; targets: int64 [N]. ShapeError, DTypeError otherwise. `name` begins
  // messages.
  ImageDataset(std::string name, Tensor data, Tensor targets, std::vector<std::string> classes = {},
               Transform transform = {}, std::function<std::int64_t(std::int64_t)> target_transform = {});

  std::int64_t size() const { return data.size(0); }
  // The transformed image and its label; without a transform the bytes [C, H, W], which share memory with `data`.
  // Random transforms draw from the default generator. IndexError outside of [0, size()).
  ImageSample get(std::int64_t index) const;
  ImageSample operator[](std::int64_t index) const { return get(index); }
  // The same data set with its images on a CUDA device (or back on the CPU), where batches are made by one kernel from
  // the numbers that the CPU draws: they equal the CPU's bit for bit. Batches, labels too, are on that device, images
  // in `format` (contiguous or channels_last). Making one does not wait for the device. UnsupportedError where the
  // transform is not made of the library's own parts as get_batch() says, or has more than 8 random ones; get() works
  // on the CPU.
  ImageDataset to(const Device& device, MemoryFormat format = MemoryFormat::contiguous) const;
  // Images [B, C, H, W] and labels [B]. Where the transform is made of the library's own (crops and flips, then
  // ToTensor, then Normalize), vector code writes straight into the batch; the bits are those of the samples one by
  // one.
  std::tuple<Tensor, Tensor> get_batch(const BatchRequest& request) const;
  // The number of a class. ValueError, with the nearest names, where there is none of that name.
  std::int64_t class_to_idx(std::string_view class_name) const;

  // May be changed or replaced, not while a loader runs over a copy's memory.
  Tensor data;     // uint8 [N, H, W] or [N, C, H, W], on any device
  Tensor targets;  // int64 [N], before target_transform, on the CPU
  std::vector<std::string> classes;

 private:
  void check_fields() const;
  void check_index(std::int64_t index) const;
  std::int64_t label(const Tensor& labels, std::int64_t index) const;
  bool is_planned() const;
  std::tuple<Tensor, Tensor> get_device_batch(const BatchRequest& request) const;

  std::string name_;
  Transform transform_;
  std::function<std::int64_t(std::int64_t)> target_transform_;
  MemoryFormat format_ = MemoryFormat::contiguous;  // of a batch's images
  std::shared_ptr<const detail::ImagePlan> plan_;   // null: the transform has parts that it does not cover
};

}  // namespace cresset::data
