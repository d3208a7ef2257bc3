// Mixed precision: regions in which ops choose their own precision.
#pragma once

#include <cresset/device.h>
#include <cresset/dtype.h>
#include <cresset/export.h>

#include <optional>

namespace cresset {

struct AutocastOptions {
  std::optional<DType> dtype = {};         // kFloat16 or kBFloat16; default: kBFloat16 on the CPU, kFloat16 on CUDA
  bool enabled = true;                     // false: a region inside another in which ops compute as they are given
  std::optional<bool> cache_enabled = {};  // default: as outside; true where there is no region outside
};

// While it lives, ops of this thread on that type of device choose their own precision: matrix products and
// convolutions compute in `dtype`, losses (and on CUDA also powers, exponentials, sums and softmax) in float32, all
// others in the type of what they are given; docs/mixed_precision.md has the lists, which are PyTorch's. Regions nest
// and end with the scope, by an exception too. They hold for one thread, and new ones start without. Gradients have
// their tensor's dtype, and backward() runs every op in the dtype of its forward, inside a region or after it; end the
// region before it.
//
// A float32 leaf that requires a gradient is converted once: the copy is kept until the outermost region of the thread
// ends, or the leaf is written to.
//
//   Tensor loss;
//   {
//     const Autocast autocast("cpu");
//     loss = cross_entropy(net(images), labels);
//   }
//   loss.backward();
//
// DTypeError for another dtype, where `enabled`. The type of device need not be there.
// https://docs.pytorch.org/docs/stable/amp.html
class CRESSET_API Autocast {
 public:
  explicit Autocast(Device device, const AutocastOptions& options = {});
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  DeviceType device_;
  bool enabled_before_, cache_before_;
  DType dtype_before_;
};

// Of this thread. `dtype`: what the innermost region computes in, or the next one by default.
CRESSET_API bool is_autocast_enabled(Device device);
CRESSET_API DType get_autocast_dtype(Device device);
CRESSET_API bool is_autocast_cache_enabled() noexcept;
// Lets go of the copies of leaves before the region ends.
CRESSET_API void clear_autocast_cache() noexcept;

}  // namespace cresset
