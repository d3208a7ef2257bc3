#include <cresset/creation.h>
#include <cresset/data/image_dataset.h>
#include <cresset/extension/augment.h>
#include <cresset/extension/registry.h>
#include <cresset/ops.h>

#include "core/check.h"
#include "data/class_names.h"
#include "data/image_plan.h"

namespace cresset::data {

ImageDataset::ImageDataset(std::string name, Tensor images, Tensor labels, std::vector<std::string> class_names,
                           Transform transform, std::function<std::int64_t(std::int64_t)> target_transform)
    : data(images.contiguous()),
      targets(labels.contiguous()),
      classes(std::move(class_names)),
      name_(std::move(name)),
      transform_(std::move(transform)),
      target_transform_(std::move(target_transform)) {
  check_fields();
  const std::int64_t channels = data.dim() == 4 ? data.size(1) : 1;
  if (auto plan = detail::ImagePlan::make(transform_, channels, {data.size(-2), data.size(-1)}))
    plan_ = std::make_shared<const detail::ImagePlan>(std::move(*plan));
}

// `data` may have been replaced since the plan was made.
bool ImageDataset::is_planned() const {
  return plan_ && (data.dim() == 4 ? data.size(1) : 1) == plan_->channels && data.size(-2) == plan_->from.height &&
         data.size(-1) == plan_->from.width;
}

ImageDataset ImageDataset::to(const Device& device, MemoryFormat format) const {
  check_fields();
  check<ValueError>(format != MemoryFormat::preserve, "{}: batches are contiguous or channels_last", name_);
  if (device.is_cuda()) {
    check<UnsupportedError>(is_planned(),
                            "{}: on a device the transform must be made of RandomCrop (padding with a constant) and "
                            "RandomHorizontalFlip, then ToTensor, then Normalize",
                            name_);
    static_cast<void>(plan_->on_device());
  }
  ImageDataset there = *this;
  there.data = data.to(device);
  there.format_ = format;
  return there;
}

void ImageDataset::check_fields() const {
  check<DTypeError>(data.dtype() == kUInt8, "{}: data must be uint8, got {}", name_, cresset::name(data.dtype()));
  check<DTypeError>(targets.dtype() == kInt64, "{}: targets must be int64, got {}", name_,
                    cresset::name(targets.dtype()));
  check<DeviceError>(targets.device().is_cpu(), "{}: targets must be on the CPU, are on {}", name_,
                     targets.device().str());
  check<ShapeError>(data.dim() == 3 || data.dim() == 4, "{}: data must be [N, H, W] or [N, C, H, W], got shape {}",
                    name_, data.shape().str());
  check<ShapeError>(targets.dim() == 1 && targets.size(0) == data.size(0), "{}: targets must be [{}], got shape {}",
                    name_, data.size(0), targets.shape().str());
}

void ImageDataset::check_index(std::int64_t index) const {
  check<IndexError>(index >= 0 && index < size(), "{}: index must be in [0, {}), got {}", name_, size(), index);
}

std::int64_t ImageDataset::label(const Tensor& labels, std::int64_t index) const {
  const std::int64_t raw = labels.data_ptr<std::int64_t>()[index * labels.stride(0)];
  return target_transform_ ? target_transform_(raw) : raw;
}

std::int64_t ImageDataset::class_to_idx(std::string_view class_name) const {
  return class_index(name_, classes, class_name);
}

ImageSample ImageDataset::get(std::int64_t index) const {
  check_fields();
  check_index(index);
  const Tensor stored = data.select(0, index).cpu();
  return {transform_(stored.dim() == 2 ? stored.unsqueeze(0) : stored, default_generator()).to(data.device()),
          label(targets, index)};
}

// Indices, seeds and labels go to the device together, of which the labels stay.
std::tuple<Tensor, Tensor> ImageDataset::get_device_batch(const BatchRequest& request) const {
  check<UnsupportedError>(is_planned(), "{}: data on {} must be as the data set was made for: use to()", name_,
                          data.device().str());
  const auto count = static_cast<std::int64_t>(request.size());
  const Tensor sent = empty({3, count}, {.dtype = kInt64});
  auto* const numbers = sent.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    numbers[i] = request.indices[at];
    numbers[count + i] = static_cast<std::int64_t>(request.seeds[at]);
    numbers[2 * count + i] = label(targets, request.indices[at]);
  }
  const Tensor there = sent.to(data.device());
  AugmentProblem problem = plan_->on_device();
  problem.N = count;
  problem.channels_last = format_ == MemoryFormat::channels_last;
  problem.image = data.stride(0);
  problem.channel = data.dim() == 4 ? data.stride(1) : 0;
  problem.row = data.stride(-2);
  problem.column = data.stride(-1);
  const Tensor images = empty({count, problem.C, problem.H, problem.W},
                              {.dtype = problem.dtype, .device = data.device(), .memory_format = format_});
  const auto* const first = static_cast<const std::int64_t*>(there.data_ptr());
  run<Augment>(data.device(), problem, static_cast<const std::uint8_t*>(data.data_ptr()), first,
               reinterpret_cast<const std::uint64_t*>(first + count), images.data_ptr());
  return {images, there.select(0, 2)};
}

std::tuple<Tensor, Tensor> ImageDataset::get_batch(const BatchRequest& request) const {
  check_fields();
  for (const std::int64_t index : request.indices) check_index(index);
  if (!data.device().is_cpu()) return get_device_batch(request);
  const auto count = static_cast<std::int64_t>(request.size());
  Tensor labels = empty({count}, {.dtype = kInt64});
  std::int64_t* const label_of = labels.data_ptr<std::int64_t>();
  if (!is_planned()) {
    std::vector<Tensor> images;
    for (std::size_t i = 0; i < request.size(); ++i) {
      const Generator generator(request.seeds[i]);
      const GeneratorGuard guard(generator);
      ImageSample sample = get(request.indices[i]);
      images.push_back(std::move(sample.image));
      label_of[i] = sample.label;
    }
    return {stack(images).contiguous(format_), labels};
  }
  Tensor images = empty({count, plan_->channels, plan_->to.height, plan_->to.width},
                        {.dtype = plan_->to_float ? kFloat32 : kUInt8});
  const std::int64_t from_bytes = plan_->channels * plan_->from.height * plan_->from.width;
  const std::int64_t to_bytes =
      plan_->channels * plan_->to.height * plan_->to.width * static_cast<std::int64_t>(images.element_size());
  const Tensor all = data.contiguous();
  const auto* const stored = all.data_ptr<std::uint8_t>();
  auto* result = static_cast<std::byte*>(images.data_ptr());
  for (std::size_t i = 0; i < request.size(); ++i, result += to_bytes) {
    const std::int64_t index = request.indices[i];
    plan_->run(stored + index * from_bytes, result, request.seeds[i]);
    label_of[i] = label(targets, index);
  }
  return {images.contiguous(format_), labels};
}

}  // namespace cresset::data
