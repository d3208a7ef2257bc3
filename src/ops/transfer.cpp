// Copies between devices: bytes travel as one block, and are converted or put in order where they come from, or, if
// that makes fewer of them travel, where they go.
#include <cresset/autograd.h>

#include "core/capture.h"
#include "core/check.h"
#include "core/device_functions.h"
#include "ops/copy.h"
#include "ops/loop.h"

namespace cresset {
namespace {

// A replay copies again, from where and to where the capture did: memory of the host that stays, and is pinned.
void check_capturable(const detail::TensorImpl& y, const detail::TensorImpl& x, bool non_blocking) {
  if (!capture_of(x.device) && !capture_of(y.device)) return;
  check<UnsupportedError>(x.device.is_cpu() || y.device.is_cpu(),
                          "copying from {} to {}: a graph that is being captured belongs to one device", x.device,
                          y.device);
  const Storage& host = x.device.is_cpu() ? *x.storage : *y.storage;
  check<UnsupportedError>(host.kind == Bytes::pinned && non_blocking,
                          "copying from {} to {}: waits, which a graph that is being captured cannot do; it takes a "
                          "copy with non_blocking and pinned memory (pin_memory())",
                          x.device, y.device);
}

void copy_bytes(const Tensor& to, const Tensor& from, bool non_blocking) {
  const detail::TensorImpl &y = *to.impl(), &x = *from.impl();
  if (y.numel == 0) return;
  check_capturable(y, x, non_blocking);
  const auto index = [](Device device) { return device.is_cpu() ? -1 : device.index; };
  ByteCopy copy{.to = y.data,
                .from = x.data,
                .bytes = static_cast<std::size_t>(y.numel) * element_size(y.dtype),
                .to_device = index(y.device),
                .from_device = index(x.device),
                .to_stream = nullptr,
                .from_stream = nullptr,
                .non_blocking = non_blocking};
  if (!y.device.is_cpu()) copy.to_stream = current_device_stream(y.device);
  if (!x.device.is_cpu()) copy.from_stream = current_device_stream(x.device);
  device_functions(y.device.is_cpu() ? x.device : y.device).copy(copy);
}

Shape dense_strides_like(const detail::TensorImpl& x) {
  const Shape* inputs[] = {&x.strides};
  return x.contiguous ? dense_strides(x.sizes) : output_strides(x.sizes, inputs, 1);
}

}  // namespace

void transfer_elements(const Tensor& to, const Tensor& from, bool non_blocking) {
  NoGradGuard no_grad;
  const detail::TensorImpl &y = *to.impl(), &x = *from.impl();
  const bool shrinks = element_size(y.dtype) <= element_size(x.dtype) || y.device.is_cpu();
  const DType travelling = shrinks ? y.dtype : x.dtype;
  // A broadcast source travels small and grows where it goes, unless that is the host, which would have to wait.
  const bool grows = x.sizes != y.sizes && !y.device.is_cpu();
  const bool direct = y.dtype == travelling && !grows && is_dense(to);
  const detail::TensorImpl& order = grows ? x : y;
  const Shape strides = direct ? y.strides : dense_strides_like(order);
  Tensor near = from;
  const bool ready = x.dtype == travelling && x.sizes == order.sizes &&
                     same_order(from, alias(from, x.sizes, strides, x.offset())) && is_dense(from);
  if (!ready) {
    near = new_tensor_strided(order.sizes, strides, travelling, x.device);
    copy_elements(near, from);
  }
  if (direct) return copy_bytes(to, near, non_blocking);
  const Tensor far = new_tensor_strided(order.sizes, strides, travelling, y.device);
  copy_bytes(far, near, non_blocking && !y.device.is_cpu());
  copy_elements(to, far);
}

}  // namespace cresset
