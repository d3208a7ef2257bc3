// Convolution by oneDNN: slabs of images, each by a primitive with one thread, in whatever layout oneDNN prefers;
// operands are reordered around it where that is another one.
#include <algorithm>
#include <cstddef>

#include "backend/cpu/cache_onednn.h"
#include "backend/cpu/conv2d_kernels.h"
#include "backend/cpu/conv2d_layout.h"
#include "backend/cpu/conv2d_scratch.h"
#include "backend/cpu/engine_onednn.h"
#include "core/team.h"

namespace cresset::cpu {
namespace {

using dnnl::memory;

enum class Direction { forward, grad_input, grad_weight };

// One operand: as the caller has it, as the primitive wants it, and the ways between.
struct Operand {
  memory::desc user, inside;
  dnnl::reorder in, out;
  bool same() const { return user == inside; }
};
struct Primitive {
  dnnl::primitive run;
  Operand x, w, y;
  memory::desc bias, scratchpad;
  bool plain_loops;  // oneDNN has nothing better than its own reference code
};

// The problem of a slab: N is the number of its images.
struct Key {
  Direction direction;
  Conv2dProblem slab;
  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    const Conv2dProblem& p = key.slab;
    return onednn::hash({static_cast<std::int64_t>(key.direction),
                         static_cast<std::int64_t>(p.dtype),
                         static_cast<std::int64_t>(p.format),
                         std::int64_t{p.bias},
                         p.N,
                         p.C,
                         p.H,
                         p.W,
                         p.K,
                         p.R,
                         p.S,
                         p.P,
                         p.Q,
                         p.stride_h,
                         p.stride_w,
                         p.pad_top,
                         p.pad_left,
                         p.dilation_h,
                         p.dilation_w,
                         p.groups});
  }
};

memory::desc activations(memory::data_type type, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w,
                         const Strides4& s) {
  return {{n, c, h, w}, type, memory::dims{s.n, s.c, s.h, s.w}};
}

// Left to oneDNN, save for channels_last activations: those are as fast as its own layouts, and need no copy.
memory::desc any_layout(const memory::desc& user, memory::data_type type) {
  return {user.get_dims(), type, memory::format_tag::any};
}

Operand operand(const memory::desc& user, const memory::desc& inside, bool read) {
  Operand made{user, inside, {}, {}};
  if (made.same()) return made;
  dnnl::primitive_attr attributes;
  if (read)
    made.in = dnnl::reorder({onednn::engine(), user, onednn::engine(), inside, attributes});
  else
    made.out = dnnl::reorder({onednn::engine(), inside, onednn::engine(), user, attributes});
  return made;
}

// Throws dnnl::error where oneDNN has no such primitive.
std::shared_ptr<const Primitive> make_primitive(const Key& key) {
  const onednn::OneThread one_thread;
  const Conv2dProblem& p = key.slab;
  const memory::data_type type = onednn::data_type(p.dtype);
  const std::int64_t C = p.C / p.groups, K = p.K / p.groups;
  const Strides4 ws = strides_w(p);
  const memory::desc x = activations(type, p.N, p.C, p.H, p.W, strides_x(p)),
                     y = activations(type, p.N, p.K, p.P, p.Q, strides_y(p));
  const memory::desc w =
      p.groups == 1 ? memory::desc({K, C, p.R, p.S}, type, memory::dims{ws.n, ws.c, ws.h, ws.w})
                    : memory::desc({p.groups, K, C, p.R, p.S}, type, memory::dims{K * ws.n, ws.n, ws.c, ws.h, ws.w});
  const bool last = p.format == kChannelsLast;
  const memory::desc x_any = last ? x : any_layout(x, type), y_any = last ? y : any_layout(y, type);
  // Partial sums of slabs are kept in float32.
  const memory::desc w_any = any_layout(w, key.direction == Direction::grad_weight ? memory::data_type::f32 : type);
  const memory::desc bias({p.K}, type, memory::format_tag::a);
  const memory::dims strides{p.stride_h, p.stride_w}, dilations{p.dilation_h - 1, p.dilation_w - 1},
      before{p.pad_top, p.pad_left};
  const memory::dims after{(p.P - 1) * p.stride_h + (p.R - 1) * p.dilation_h + 1 - p.H - p.pad_top,
                           (p.Q - 1) * p.stride_w + (p.S - 1) * p.dilation_w + 1 - p.W - p.pad_left};
  const dnnl::primitive_attr attributes = onednn::attributes();

  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const dnnl::engine& engine = onednn::engine();
  const auto hint = [&] {
    return dnnl::convolution_forward::primitive_desc(engine, dnnl::prop_kind::forward_training, kDirect,
                                                     any_layout(x, type), any_layout(w, type), any_layout(y, type),
                                                     strides, dilations, before, after);
  };
  auto made = std::make_shared<Primitive>();
  if (key.direction == Direction::forward) {
    const auto d =
        p.bias ? dnnl::convolution_forward::primitive_desc(engine, dnnl::prop_kind::forward_training, kDirect, x_any,
                                                           w_any, bias, y_any, strides, dilations, before, after,
                                                           attributes)
               : dnnl::convolution_forward::primitive_desc(engine, dnnl::prop_kind::forward_training, kDirect, x_any,
                                                           w_any, y_any, strides, dilations, before, after, attributes);
    *made = {dnnl::convolution_forward(d),
             operand(x, d.src_desc(), true),
             operand(w, d.weights_desc(), true),
             operand(y, d.dst_desc(), false),
             bias,
             d.scratchpad_desc(),
             onednn::is_plain(d.impl_info_str())};
  } else if (key.direction == Direction::grad_input) {
    const dnnl::convolution_backward_data::primitive_desc d(engine, kDirect, x_any, w_any, y_any, strides, dilations,
                                                            before, after, hint(), attributes);
    *made = {dnnl::convolution_backward_data(d),
             operand(x, d.diff_src_desc(), false),
             operand(w, d.weights_desc(), true),
             operand(y, d.diff_dst_desc(), true),
             {},
             d.scratchpad_desc(),
             onednn::is_plain(d.impl_info_str())};
  } else {
    const dnnl::convolution_backward_weights::primitive_desc d(engine, kDirect, x_any, w_any, y_any, strides, dilations,
                                                               before, after, hint(), attributes);
    *made = {dnnl::convolution_backward_weights(d),
             operand(x, d.src_desc(), true),
             operand(w, d.diff_weights_desc(), false),
             operand(y, d.diff_dst_desc(), true),
             {},
             d.scratchpad_desc(),
             onednn::is_plain(d.impl_info_str())};
  }
  return made;
}

std::shared_ptr<const Primitive> primitive(Direction direction, const Conv2dProblem& slab) {
  constexpr std::size_t kCapacity = 256;
  static auto& cache = *new onednn::Cache<Key, Primitive, KeyHash>(kCapacity);
  const Key key{direction, slab};
  return cache.get(key, [&] { return make_primitive(key); });
}

// How the images are cut: every slab has `images`, the last one those that are left.
struct Slabs {
  std::int64_t images, count;
  std::int64_t size(std::int64_t i, std::int64_t N) const { return std::min(images, N - i * images); }
};
Slabs cut(const Conv2dProblem& p, std::int64_t most) {
  constexpr double kFlopsPerSlab = 4e6;  // some tens of microseconds: beside it the call of a primitive is little
  const std::int64_t wanted =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(conv2d_flops(p) / kFlopsPerSlab), 1, most);
  const std::int64_t images = std::max<std::int64_t>((p.N + wanted - 1) / wanted, 1);
  return {images, (p.N + images - 1) / images};
}
constexpr std::int64_t kMostSlabs = 64;

// grad_weight keeps a partial sum for each slab.
Slabs cut_for_sums(const Conv2dProblem& p) {
  constexpr std::int64_t kSumBytes = 64 << 20;
  const std::int64_t weights = p.K * (p.C / p.groups) * p.R * p.S;
  return cut(p, std::clamp<std::int64_t>(kSumBytes / 4 / weights, 1, 16));
}
Conv2dProblem slab_of(Conv2dProblem p, std::int64_t images) {
  p.N = images;
  return p;
}

template <class Tag>
const void* reordered_in(const Operand& o, const void* user) {
  if (o.same()) return user;
  void* inside = scratch<Tag>(o.inside.get_size());
  o.in.execute(onednn::stream(),
               {{DNNL_ARG_FROM, onednn::memory_at(o.user, user)}, {DNNL_ARG_TO, onednn::memory_at(o.inside, inside)}});
  return inside;
}
template <class Tag>
void* place_for(const Operand& o, void* user) {
  return o.same() ? user : scratch<Tag>(o.inside.get_size());
}
void reorder_out(const Operand& o, const void* inside, void* user) {
  if (!o.same())
    o.out.execute(onednn::stream(), {{DNNL_ARG_FROM, onednn::memory_at(o.inside, inside)},
                                     {DNNL_ARG_TO, onednn::memory_at(o.user, user)}});
}

// Places for operands in oneDNN's layout.
struct InsideX;
struct InsideY;
struct InsideW;
struct OtherW;
struct SumsW;

const std::byte* offset(const void* p, std::int64_t elements, DType dtype) {
  return static_cast<const std::byte*>(p) + elements * static_cast<std::int64_t>(element_size(dtype));
}
std::byte* offset(void* p, std::int64_t elements, DType dtype) {
  return static_cast<std::byte*>(p) + elements * static_cast<std::int64_t>(element_size(dtype));
}

// Weights in the primitive's layout, made once a call: slabs of any size take the same.
const void* weights_inside(const Primitive& first, const void* w) {
  const onednn::OneThread one_thread;
  return reordered_in<InsideW>(first.w, w);
}

// Forward: from x to y; grad_input: from y to x.
void run_slabs(Direction direction, const Conv2dProblem& p, const void* from, const void* w, const void* bias,
               void* to) {
  if (p.N <= 0) return;
  const Slabs slabs = cut(p, kMostSlabs);
  const auto whole = primitive(direction, slab_of(p, slabs.images));
  const auto rest = primitive(direction, slab_of(p, slabs.size(slabs.count - 1, p.N)));
  const void* weights = weights_inside(*whole, w);
  const void* rest_weights = weights;
  if (whole->w.inside != rest->w.inside) {
    const onednn::OneThread one_thread;
    rest_weights = reordered_in<OtherW>(rest->w, w);
  }
  const bool forward = direction == Direction::forward;
  const std::int64_t x_image = p.C * p.H * p.W, y_image = p.K * p.P * p.Q;
  parallel_for(slabs.count, [&](std::int64_t i) {
    const onednn::OneThread one_thread;
    const bool last = i == slabs.count - 1;
    const Primitive& primitive = last ? *rest : *whole;
    const Operand& input = forward ? primitive.x : primitive.y;
    const Operand& output = forward ? primitive.y : primitive.x;
    const void* in =
        reordered_in<InsideX>(input, offset(from, i * slabs.images * (forward ? x_image : y_image), p.dtype));
    void* user = offset(to, i * slabs.images * (forward ? y_image : x_image), p.dtype);
    void* out = place_for<InsideY>(output, user);
    const memory weights_memory = onednn::memory_at(primitive.w.inside, last ? rest_weights : weights);
    if (forward) {
      std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, onednn::memory_at(input.inside, in)},
                                                {DNNL_ARG_WEIGHTS, weights_memory},
                                                {DNNL_ARG_DST, onednn::memory_at(output.inside, out)},
                                                {DNNL_ARG_SCRATCHPAD, onednn::scratchpad(primitive.scratchpad)}};
      if (p.bias) arguments.emplace(DNNL_ARG_BIAS, onednn::memory_at(primitive.bias, bias));
      primitive.run.execute(onednn::stream(), arguments);
    } else {
      primitive.run.execute(onednn::stream(), {{DNNL_ARG_DIFF_DST, onednn::memory_at(input.inside, in)},
                                               {DNNL_ARG_WEIGHTS, weights_memory},
                                               {DNNL_ARG_DIFF_SRC, onednn::memory_at(output.inside, out)},
                                               {DNNL_ARG_SCRATCHPAD, onednn::scratchpad(primitive.scratchpad)}});
    }
    reorder_out(output, out, user);
  });
}

void run_grad_weight_slabs(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w) {
  if (p.N <= 0) {
    std::fill_n(static_cast<std::byte*>(grad_w),
                p.K * (p.C / p.groups) * p.R * p.S * static_cast<std::int64_t>(element_size(p.dtype)), std::byte{0});
    return;
  }
  const Slabs slabs = cut_for_sums(p);
  const auto whole = primitive(Direction::grad_weight, slab_of(p, slabs.images));
  const std::int64_t rest_images = p.N - (slabs.count - 1) * slabs.images;
  const auto rest = primitive(Direction::grad_weight, slab_of(p, rest_images));
  const std::size_t pitch = whole->w.inside.get_size() / sizeof(float);
  const std::int64_t slab_count = slabs.count;
  float* sums = scratch_of<SumsW, float>(static_cast<std::int64_t>(pitch) * slab_count);
  parallel_for(slab_count, [&](std::int64_t i) {
    const onednn::OneThread one_thread;
    const Primitive& primitive = i == slab_count - 1 ? *rest : *whole;
    const void* in = reordered_in<InsideX>(primitive.x, offset(x, i * slabs.images * p.C * p.H * p.W, p.dtype));
    const void* grad = reordered_in<InsideY>(primitive.y, offset(grad_y, i * slabs.images * p.K * p.P * p.Q, p.dtype));
    float* sum = sums + static_cast<std::size_t>(i) * pitch;
    // A slab of another size may give its sums in another layout.
    const bool same_layout = primitive.w.inside == whole->w.inside;
    float* own = same_layout ? sum : static_cast<float*>(scratch<InsideW>(primitive.w.inside.get_size()));
    primitive.run.execute(onednn::stream(), {{DNNL_ARG_SRC, onednn::memory_at(primitive.x.inside, in)},
                                             {DNNL_ARG_DIFF_DST, onednn::memory_at(primitive.y.inside, grad)},
                                             {DNNL_ARG_DIFF_WEIGHTS, onednn::memory_at(primitive.w.inside, own)},
                                             {DNNL_ARG_SCRATCHPAD, onednn::scratchpad(primitive.scratchpad)}});
    if (!same_layout) {
      memory from = onednn::memory_at(primitive.w.inside, own), to = onednn::memory_at(whole->w.inside, sum);
      dnnl::reorder(from, to).execute(onednn::stream(), from, to);
    }
  });
  const std::int64_t floats = static_cast<std::int64_t>(pitch), block = 16 << 10;
  if (slab_count > 1)
    parallel_for((floats + block - 1) / block, [&](std::int64_t b) {
      const std::int64_t end = std::min((b + 1) * block, floats);
      for (std::int64_t s = 1; s < slab_count; ++s)
        for (std::int64_t j = b * block; j < end; ++j) sums[j] += sums[s * static_cast<std::int64_t>(pitch) + j];
    });
  const onednn::OneThread one_thread;
  if (whole->w.same())
    std::copy_n(sums, floats, static_cast<float*>(grad_w));
  else
    reorder_out(whole->w, sums, grad_w);
}

void run_forward(const Conv2dProblem& p, const Context&, const void* x, const void* w, const void* bias, void* y) {
  onednn::typed("conv2d", [&] { run_slabs(Direction::forward, p, x, w, bias, y); });
}
void run_grad_input(const Conv2dProblem& p, const Context&, const void* grad_y, const void* w, void* grad_x) {
  onednn::typed("conv2d_grad_input", [&] { run_slabs(Direction::grad_input, p, grad_y, w, nullptr, grad_x); });
}
void run_grad_weight(const Conv2dProblem& p, const Context&, const void* grad_y, const void* x, void* grad_w) {
  onednn::typed("conv2d_grad_weight", [&] { run_grad_weight_slabs(p, grad_y, x, grad_w); });
}

template <Direction direction>
Refusal refuses(const Conv2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuse_far_steps(p)) return refusal;
  if (const Refusal refusal = onednn::refuse_dtype(p.dtype, context)) return refusal;
  if (p.N <= 0) return {};
  const Slabs slabs = direction == Direction::grad_weight ? cut_for_sums(p) : cut(p, kMostSlabs);
  return onednn::refuse_plain_loops(
      [&](std::int64_t i) { return primitive(direction, slab_of(p, slabs.size(i, p.N)))->plain_loops; },
      slabs.count - 1);
}

}  // namespace

constinit const Kernel<Conv2dForward> kConv2dForwardOnednn{"onednn", refuses<Direction::forward>, run_forward};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputOnednn{"onednn", refuses<Direction::grad_input>,
                                                               run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightOnednn{"onednn", refuses<Direction::grad_weight>,
                                                                 run_grad_weight};

}  // namespace cresset::cpu
