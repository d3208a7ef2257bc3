#include "backend/cuda/cudnn/pool2d_graph.h"

#include <algorithm>

namespace cresset::cuda::backend::cudnn {
namespace {

// What the last window needs behind the input; none where it ends before.
std::int64_t padding_behind(std::int64_t size, std::int64_t taps, std::int64_t outputs, std::int64_t stride,
                            std::int64_t before) {
  return std::max<std::int64_t>((outputs - 1) * stride + taps - size - before, 0);
}
std::int64_t rows_behind(const Pool2dProblem& p) { return padding_behind(p.H, p.R, p.P, p.stride_h, p.pad_h); }
std::int64_t columns_behind(const Pool2dProblem& p) { return padding_behind(p.W, p.S, p.Q, p.stride_w, p.pad_w); }

std::vector<cudnnFraction_t> whole(std::int64_t rows, std::int64_t columns) { return {{rows, 1}, {columns, 1}}; }

const Descriptor& windows(Graph& graph, const Pool2dProblem& p, cudnnResampleMode_t mode) {
  Descriptor& d = graph.part(CUDNN_BACKEND_RESAMPLE_DESCRIPTOR);
  d.set(CUDNN_ATTR_RESAMPLE_MODE, mode);
  d.set(CUDNN_ATTR_RESAMPLE_COMP_TYPE, CUDNN_DATA_FLOAT);
  d.set(CUDNN_ATTR_RESAMPLE_NAN_PROPAGATION, CUDNN_PROPAGATE_NAN);
  d.set(CUDNN_ATTR_RESAMPLE_PADDING_MODE, mode == CUDNN_RESAMPLE_MAXPOOL ? CUDNN_NEG_INF_PAD : CUDNN_ZERO_PAD);
  d.set(CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS, std::int64_t{2});
  d.set(CUDNN_ATTR_RESAMPLE_WINDOW_DIMS, whole(p.R, p.S));
  d.set(CUDNN_ATTR_RESAMPLE_STRIDES, whole(p.stride_h, p.stride_w));
  d.set(CUDNN_ATTR_RESAMPLE_PRE_PADDINGS, whole(p.pad_h, p.pad_w));
  d.set(CUDNN_ATTR_RESAMPLE_POST_PADDINGS, whole(rows_behind(p), columns_behind(p)));
  d.finalize();
  return d;
}

const Descriptor& tensor(Graph& graph, const Pool2dProblem& p, std::int64_t id) {
  const Sizes sizes = id == kPoolX ? Sizes{p.N, p.C, p.H, p.W} : Sizes{p.N, p.C, p.P, p.Q};
  const cudnnDataType_t type = id == kPoolPlaces ? CUDNN_DATA_INT8 : data_type(p.dtype);
  return graph.tensor(id, type, sizes, dense_strides(sizes, p.format));
}

cudnnResampleMode_t average(const Pool2dProblem& p) {
  return p.count_include_pad ? CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING : CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING;
}

void forward(Graph& graph, const Pool2dProblem& p, cudnnResampleMode_t mode) {
  const Descriptor &x = tensor(graph, p, kPoolX), &y = tensor(graph, p, kPoolY), &how = windows(graph, p, mode);
  const Descriptor* places = mode == CUDNN_RESAMPLE_MAXPOOL ? &tensor(graph, p, kPoolPlaces) : nullptr;
  Descriptor& op = graph.operation(CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC, x);
  op.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC, y);
  if (places) op.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_IDXDESC, *places);
  op.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC, how);
  op.finalize();
}

void backward(Graph& graph, const Pool2dProblem& p, cudnnResampleMode_t mode) {
  const Descriptor &dx = tensor(graph, p, kPoolX), &dy = tensor(graph, p, kPoolY), &how = windows(graph, p, mode);
  // Without places cuDNN 9.19 crashes on maxima.
  const Descriptor* places = mode == CUDNN_RESAMPLE_MAXPOOL ? &tensor(graph, p, kPoolPlaces) : nullptr;
  Descriptor& op = graph.operation(CUDNN_BACKEND_OPERATION_RESAMPLE_BWD_DESCRIPTOR);
  op.set(CUDNN_ATTR_OPERATION_RESAMPLE_BWD_DXDESC, dx);
  op.set(CUDNN_ATTR_OPERATION_RESAMPLE_BWD_DYDESC, dy);
  if (places) op.set(CUDNN_ATTR_OPERATION_RESAMPLE_BWD_IDXDESC, *places);
  op.set(CUDNN_ATTR_OPERATION_RESAMPLE_BWD_DESC, how);
  op.finalize();
}

Refusal refuse_empty(const Pool2dProblem& p) {
  if (p.N * p.C * p.P * p.Q == 0) return {"cuDNN takes no tensor without elements"};
  return {};
}

// What the two directions of avg_pool2d share.
Refusal refuse_avg_pool2d(const Pool2dProblem& p) {
  if (p.adaptive) return {"cuDNN's windows all have one size, those of adaptive_avg_pool2d have several"};
  if (p.divisor_override != 0)
    return {"cuDNN divides by the size of a window alone, not by divisor_override {}", p.divisor_override};
  if (p.count_include_pad && (rows_behind(p) > p.pad_h || columns_behind(p) > p.pad_w))
    return {"cuDNN would count what lies past the padding (ceil_mode)"};
  return refuse_empty(p);
}

}  // namespace

// Contiguous tensors get eng1, cuDNN's pooling from before graphs. Its plan is finalised for maxima with places, but
// the places are never written (9.14 on an H100).
Refusal refuse_max_pool2d(const Pool2dProblem& p) {
  if (p.format != MemoryFormat::channels_last)
    return {"cuDNN does not tell where the maxima are in contiguous tensors, only in channels_last"};
  if (p.dilation_h != 1 || p.dilation_w != 1)
    return {"cuDNN's windows have no dilation, is {} {}", p.dilation_h, p.dilation_w};
  if (p.R * p.S > 128) return {"cuDNN numbers the places of a window in int8, and it has {}", p.R * p.S};
  return refuse_empty(p);
}

Refusal refuse_avg_pool2d_forward(const Pool2dProblem& p) {
  // Seen with 9.14 on an H100, every time, in channels_last (float16 and float32 are right). Whether newer versions
  // do so is not known.
  if (p.dtype == kBFloat16) return {"cuDNN 9.14 averages bfloat16 wrongly"};
  return refuse_avg_pool2d(p);
}

Refusal refuse_avg_pool2d_backward(const Pool2dProblem& p) {
  // eng1 takes the graph and ends the call with CUDNN_STATUS_BAD_PARAM, as x and y are none of its operands (9.14 on
  // an H100).
  if (p.format != MemoryFormat::channels_last)
    return {
        "cuDNN wants x and y for the gradient of contiguous tensors, and they are not kept; channels_last does "
        "without"};
  return refuse_avg_pool2d(p);
}

void build_max_pool2d_forward(Graph& graph, const void* problem) {
  forward(graph, *static_cast<const Pool2dProblem*>(problem), CUDNN_RESAMPLE_MAXPOOL);
}
void build_max_pool2d_backward(Graph& graph, const void* problem) {
  backward(graph, *static_cast<const Pool2dProblem*>(problem), CUDNN_RESAMPLE_MAXPOOL);
}
void build_avg_pool2d_forward(Graph& graph, const void* problem) {
  const auto& p = *static_cast<const Pool2dProblem*>(problem);
  forward(graph, p, average(p));
}
void build_avg_pool2d_backward(Graph& graph, const void* problem) {
  const auto& p = *static_cast<const Pool2dProblem*>(problem);
  backward(graph, p, average(p));
}

}  // namespace cresset::cuda::backend::cudnn
