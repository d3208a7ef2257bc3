#include "ops/autocast.h"

#include <cresset/autocast.h>

#include <array>
#include <unordered_map>

#include "autograd/meta.h"
#include "autograd/node.h"
#include "core/capture.h"
#include "core/check.h"
#include "ops/pointwise.h"
#include "trace/trace.h"

namespace cresset {

struct AutocastState {
  struct Region {
    bool enabled;
    DType dtype;
  };
  struct Copy {
    Tensor leaf;  // kept, so that its address stays its own
    Tensor cast;
    std::uint32_t version;
  };

  Region& region(DeviceType type) { return regions[static_cast<std::size_t>(type)]; }

  std::array<Region, kDeviceTypes> regions{{{false, kBFloat16}, {false, kFloat16}}};
  bool cache_enabled = true;
  int depth = 0;  // regions, enabled or not
  std::unordered_map<const detail::TensorImpl*, Copy> copies;
};

namespace {

AutocastState& state() {
  thread_local AutocastState of_thread;
  return of_thread;
}

void publish(AutocastState& s) {
  bool any = false;
  for (const AutocastState::Region& region : s.regions) any |= region.enabled;
  thread_state.autocast = any ? &s : nullptr;
}

const char* name_in_message(DeviceType type) { return type == DeviceType::cpu ? "CPU" : "CUDA"; }

// Null where no region is entered for the device, or t is nothing to convert.
const AutocastState::Region* region_of(const Tensor& t) {
  if (!t.defined() || !thread_state.autocast) return nullptr;
  const detail::TensorImpl& impl = *t.impl();
  const AutocastState::Region& region = thread_state.autocast->region(impl.device.type);
  return region.enabled && is_floating_point(impl.dtype) && impl.dtype != kFloat64 ? &region : nullptr;
}

// A leaf that many forwards share. What a graph captures must convert anew in each replay, and a recording must see
// where its values come from.
bool may_be_kept(const detail::TensorImpl& impl) {
  return thread_state.autocast->cache_enabled && impl.dtype == kFloat32 && impl.requires_grad && !impl.grad_fn &&
         !(impl.meta && impl.meta->base.defined()) && !impl.inference && !trace::active() && !capture_of(impl.device);
}

}  // namespace

namespace autocast {

Tensor lowered(const Tensor& t) {
  const AutocastState::Region* region = region_of(t);
  if (!region || t.impl()->dtype == region->dtype) return t;
  const detail::TensorImpl& impl = *t.impl();
  if (!may_be_kept(impl)) return t.to(region->dtype);
  auto& copies = thread_state.autocast->copies;
  const std::uint32_t version = impl.version().load(std::memory_order_relaxed);
  // A copy that was made while nothing was recorded has no history.
  if (const auto at = copies.find(&impl); at != copies.end())
    if (const AutocastState::Copy& copy = at->second; copy.version == version && copy.cast.dtype() == region->dtype &&
                                                      (!thread_state.grad_enabled || copy.cast.impl()->grad_fn))
      return copy.cast;
  Tensor cast = t.to(region->dtype);
  copies[&impl] = {t, cast, version};
  return cast;
}

Tensor widened(const Tensor& t, On where) {
  const AutocastState::Region* region = region_of(t);
  if (!region || (where == On::cuda && t.impl()->device.is_cpu())) return t;
  return as_dtype(t, kFloat32);
}

std::vector<Tensor> in_widest(const std::vector<Tensor>& tensors, On where) {
  bool any = false, wide = false;
  for (const Tensor& t : tensors) {
    const AutocastState::Region* region = region_of(t);
    if (!region || (where == On::cpu && t.impl()->device.is_cuda())) continue;
    const DType dtype = t.dtype();
    wide |= dtype == kFloat32;
    check<DTypeError>(wide || dtype == region->dtype,
                      "autocast: Unexpected floating type {} beside {} in an op that promotes to the widest type",
                      name(dtype), name(region->dtype));
    any = true;
  }
  std::vector<Tensor> result;
  for (const Tensor& t : tensors) result.push_back(any && wide && region_of(t) ? as_dtype(t, kFloat32) : t);
  return result;
}

}  // namespace autocast

Autocast::Autocast(Device device, const AutocastOptions& options) : device_(device.type) {
  AutocastState& s = state();
  AutocastState::Region& region = s.region(device_);
  const DType dtype = options.dtype.value_or(region.dtype);
  check<DTypeError>(!options.enabled || dtype == kBFloat16 || dtype == kFloat16,
                    "In {} autocast, but the target dtype {} is not supported. {} Autocast only supports dtypes of "
                    "bfloat16, float16 currently.",
                    name_in_message(device_), name(dtype), name_in_message(device_));
  enabled_before_ = std::exchange(region.enabled, options.enabled);
  dtype_before_ = std::exchange(region.dtype, dtype);
  cache_before_ = std::exchange(s.cache_enabled, options.cache_enabled.value_or(s.cache_enabled));
  ++s.depth;
  publish(s);
}

Autocast::~Autocast() {
  AutocastState& s = state();
  if (--s.depth == 0) s.copies.clear();
  s.region(device_) = {enabled_before_, dtype_before_};
  s.cache_enabled = cache_before_;
  publish(s);
}

bool is_autocast_enabled(Device device) { return state().region(device.type).enabled; }
DType get_autocast_dtype(Device device) { return state().region(device.type).dtype; }
bool is_autocast_cache_enabled() noexcept { return state().cache_enabled; }
void clear_autocast_cache() noexcept { state().copies.clear(); }

}  // namespace cresset
