// Cuts the images into slabs that stay in the second-level cache, one after the other, and each slab's work into blocks
// of weights. Every weight has one owner, which adds the slabs in their order: no sums are shared, so the bits do not
// depend on the number of threads.
#include "backend/cpu/conv2d_highway_grad_weight.h"

#include <algorithm>
#include <vector>

#include "backend/cpu/conv2d_highway_plan.h"
#include "backend/cpu/conv2d_scratch.h"
#include "backend/cpu/highway_targets.h"
#include "core/team.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/conv2d_highway_grad_weight.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include "backend/cpu/conv2d_highway_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Weights that one call of the vector code takes: of channels from `channel` on (counted over all groups) and `count`
// taps or runs from `first` on.
struct Job {
  std::int64_t group, channel;
  int channels, first, count;
};
// Taps whose inputs lie side by side.
struct Run {
  std::ptrdiff_t offset;
  int tap, length;
};

// How a problem is cut, the same for all slabs.
template <class T>
struct Plan {
  Correlation c;
  bool by_rows, padded, packed;  // packed: grad_y is brought to [position][channel]
  Strides4 band;
  std::int64_t lanes, set, padded_channels;  // set: channels of a job; padded_channels: of a group, in whole sets
  std::int64_t rows_per_unit, units_per_image, units_per_slab;
  std::int64_t x_elements, grad_elements;  // of one unit
  std::vector<std::ptrdiff_t> taps;
  std::vector<Run> runs;
  std::vector<Job> jobs;
};

template <class T>
void cut_units(Plan<T>& plan) {
  const Correlation& c = plan.c;
  constexpr std::int64_t kSlabElements = (512 << 10) / sizeof(T);
  const auto x_elements = [&](std::int64_t rows) {
    return c.groups * c.C * c.rows_in(rows) * c.columns_in() + plan.lanes;
  };
  const auto grad_elements = [&](std::int64_t rows) { return rows * c.Q * c.groups * plan.padded_channels; };
  plan.rows_per_unit = c.P;
  while (plan.rows_per_unit > 4 && x_elements(plan.rows_per_unit) + grad_elements(plan.rows_per_unit) > kSlabElements)
    plan.rows_per_unit = (plan.rows_per_unit + 1) / 2;
  plan.units_per_image = (c.P + plan.rows_per_unit - 1) / plan.rows_per_unit;
  plan.x_elements = x_elements(plan.rows_per_unit);
  plan.grad_elements = grad_elements(plan.rows_per_unit);
  plan.units_per_slab = std::max<std::int64_t>(kSlabElements / (plan.x_elements + plan.grad_elements), 1);
}

// Taps in the order of the weights, and the runs among them, none longer than the vector code takes.
template <class T>
void find_taps(Plan<T>& plan) {
  const Correlation& c = plan.c;
  const std::int64_t channels_step = plan.band.c, row_step = c.tap_h * plan.band.h, column_step = c.tap_w * plan.band.w;
  if (c.channels_last) {
    for (std::int64_t r = 0; r < c.R; ++r)
      for (std::int64_t s = 0; s < c.S; ++s)
        for (std::int64_t k = 0; k < c.C; ++k) plan.taps.push_back(k * channels_step + r * row_step + s * column_step);
  } else {
    for (std::int64_t k = 0; k < c.C; ++k)
      for (std::int64_t r = 0; r < c.R; ++r)
        for (std::int64_t s = 0; s < c.S; ++s) plan.taps.push_back(k * channels_step + r * row_step + s * column_step);
  }
  for (std::size_t begin = 0; begin < plan.taps.size();) {
    std::size_t end = begin + 1;
    while (end < plan.taps.size() && plan.taps[end] == plan.taps[end - 1] + 1) ++end;
    for (std::size_t pieces = (end - begin + kMaxRunLength - 1) / kMaxRunLength; pieces; --pieces) {
      const std::size_t length = (end - begin) / pieces;
      plan.runs.push_back({plan.taps[begin], static_cast<int>(begin), static_cast<int>(length)});
      begin += length;
    }
  }
  std::stable_sort(plan.runs.begin(), plan.runs.end(), [](const Run& a, const Run& b) { return a.length < b.length; });
}

template <class T>
void list_jobs(Plan<T>& plan) {
  const Correlation& c = plan.c;
  for (std::int64_t g = 0; g < c.groups; ++g)
    for (std::int64_t k = 0; k < c.K; k += plan.set) {
      const int channels = static_cast<int>(std::min(plan.set, c.K - k));
      if (plan.by_rows) {
        const int taps = static_cast<int>(plan.taps.size()), most = row_taps(channels);
        for (int t = 0; t < taps;) {
          const int count = taps - t >= most ? most : std::min(taps - t, 2);
          plan.jobs.push_back({g, k, channels, t, count});
          t += count;
        }
      } else {
        const int vectors = static_cast<int>(plan.set / plan.lanes);
        for (std::size_t i = 0; i < plan.runs.size();) {
          const int length = plan.runs[i].length, most = runs_together(length, vectors);
          std::size_t end = i;
          while (end < plan.runs.size() && end < i + static_cast<std::size_t>(most) && plan.runs[end].length == length)
            ++end;
          plan.jobs.push_back({g, k, channels, static_cast<int>(i), static_cast<int>(end - i)});
          i = end;
        }
      }
    }
}

template <class T>
Plan<T> make_plan(const Conv2dProblem& p) {
  Plan<T> plan{};
  plan.c = forward_correlation(p);
  const Correlation& c = plan.c;
  plan.lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  const auto whole = [&](std::int64_t n) { return (n + plan.lanes - 1) / plan.lanes * plan.lanes; };
  // Lanes along rows where they fill so many more lanes that their slower code (loads that cross cache lines: measured,
  // three quarters of the speed) pays.
  plan.by_rows = !c.channels_last && c.step_w == 1 && 3 * c.Q * whole(c.K) > 4 * c.K * whole(c.Q);
  if (plan.by_rows) {
    const std::int64_t sets = (c.K + kMaxRowChannels - 1) / kMaxRowChannels;
    plan.set = (c.K + sets - 1) / sets;
    plan.padded_channels = c.K;
  } else {
    plan.set = c.K > plan.lanes ? 2 * plan.lanes : plan.lanes;
    plan.padded_channels = (c.K + plan.set - 1) / plan.set * plan.set;
  }
  plan.padded = c.reaches_outside();
  plan.packed = !plan.by_rows && (!c.channels_last || plan.padded_channels != c.K);
  cut_units(plan);
  plan.band = plan.padded ? strides4(c.channels_last ? kChannelsLast : kContiguous, c.groups * c.C,
                                     c.rows_in(plan.rows_per_unit), c.columns_in())
                          : c.in;
  find_taps(plan);
  list_jobs(plan);
  return plan;
}

// Pads the input and packs the gradient of one unit where that is needed; otherwise points at them where they are.
template <class T>
Unit<T> prepare(const Plan<T>& plan, std::int64_t index, const T* grad_y, const T* x, T* x_copy, T* grad_copy) {
  const Correlation& c = plan.c;
  const std::int64_t n = index / plan.units_per_image, row = index % plan.units_per_image * plan.rows_per_unit,
                     rows = std::min(plan.rows_per_unit, c.P - row);
  Unit<T> unit{x + n * c.in.n, grad_y + n * c.out.n + row * c.out.h, rows};
  if (plan.padded) {
    fill_band(c, plan.band, unit.x, row, rows, x_copy);
    unit.x = x_copy;
  } else {
    unit.x += (row * c.step_h + c.origin_h) * c.in.h + c.origin_w * c.in.w;
  }
  if (plan.packed) {
    const std::int64_t pitch = c.groups * plan.padded_channels;
    if (plan.padded_channels != c.K) std::fill_n(grad_copy, rows * c.Q * pitch, T(0));
    for (std::int64_t g = 0; g < c.groups; ++g) {
      const T* from = unit.grad_y + g * c.K * c.out.c;
      T* to = grad_copy + g * plan.padded_channels;
      if (!c.channels_last)
        transpose(from, c.out.c, c.K, rows * c.Q, to, pitch);
      else
        for (std::int64_t i = 0; i < rows * c.Q; ++i) copy_row(from + i * c.out.w, c.K, to + i * pitch);
    }
    unit.grad_y = grad_copy;
  }
  return unit;
}

template <class T>
void run_job(const Plan<T>& plan, const Job& job, const Slab<T>& slab, T* sums) {
  const Correlation& c = plan.c;
  const std::int64_t taps = static_cast<std::int64_t>(plan.taps.size());
  const std::ptrdiff_t x_offset = job.group * c.C * plan.band.c;
  if (plan.by_rows) {
    const std::int64_t channel = job.group * c.K + job.channel;
    row_sums_function<T>(job.channels, job.count)(slab, channel * c.out.c, x_offset, plan.taps.data() + job.first,
                                                  sums + channel * taps + job.first, taps);
    return;
  }
  const int vectors = static_cast<int>(plan.set / plan.lanes),
            length = plan.runs[static_cast<std::size_t>(job.first)].length;
  const std::ptrdiff_t channel = job.group * plan.padded_channels + job.channel;
  // A block that is not full computes its last run again, into sums that nobody reads.
  HWY_ALIGN T unread[kMaxRunLength * 2 * hn::MaxLanes(hn::ScalableTag<T>())] = {};
  std::ptrdiff_t runs[kMaxRuns];
  T* run_sums[kMaxRuns];
  for (int i = 0; i < kMaxRuns; ++i) {
    const Run& run = plan.runs[static_cast<std::size_t>(job.first + std::min(i, job.count - 1))];
    runs[i] = run.offset;
    run_sums[i] = i < job.count ? sums + channel * taps + run.tap * plan.set : unread;
  }
  channel_sums_function<T>(length, vectors, job.count == 1)(slab, channel, x_offset, runs, run_sums);
}

template <class T>
void grad_weight_all(const Conv2dProblem& p, const T* grad_y, const T* x, T* grad_w) {
  const std::int64_t weights_per_channel = p.C / p.groups * p.R * p.S;
  std::fill_n(grad_w, p.K * weights_per_channel, T(0));
  if (p.N <= 0) return;
  const Plan<T> plan = make_plan<T>(p);
  const Correlation& c = plan.c;

  struct Sums;
  struct Inputs;
  struct Gradients;
  T* sums = grad_w;
  if (!plan.by_rows) {
    const std::int64_t count = c.groups * plan.padded_channels * weights_per_channel;
    sums = scratch_of<Sums, T>(count);
    std::fill_n(sums, count, T(0));
  }
  const std::int64_t units = c.N * plan.units_per_image, units_at_once = std::min(plan.units_per_slab, units);
  T* x_copies = plan.padded ? scratch_of<Inputs, T>(units_at_once * plan.x_elements) : nullptr;
  T* grad_copies = plan.packed ? scratch_of<Gradients, T>(units_at_once * plan.grad_elements) : nullptr;
  std::vector<Unit<T>> slab_units(static_cast<std::size_t>(units_at_once));

  const double unit_flops = conv2d_flops(p) / static_cast<double>(units);
  for (std::int64_t first = 0; first < units; first += units_at_once) {
    const std::int64_t count = std::min(units_at_once, units - first);
    const auto prepare_unit = [&](std::int64_t i) {
      slab_units[static_cast<std::size_t>(i)] =
          prepare(plan, first + i, grad_y, x, x_copies + i * plan.x_elements, grad_copies + i * plan.grad_elements);
    };
    // Copying less than this is not worth waking a thread.
    constexpr std::int64_t kSerial = 16 << 10;
    if ((plan.padded || plan.packed) && count * (plan.x_elements + plan.grad_elements) > kSerial)
      parallel_for(count, prepare_unit);
    else
      for (std::int64_t i = 0; i < count; ++i) prepare_unit(i);

    Slab<T> slab{slab_units.data(), count, c.Q, c.step_h * plan.band.h, c.step_w * plan.band.w, c.out.h, c.out.c};
    if (!plan.by_rows) {
      slab.grad_step = plan.packed ? c.groups * plan.padded_channels : c.out.w;
      slab.grad_row = c.Q * slab.grad_step;
    }
    constexpr double kFlopsPerChunk = 5e5;
    const std::int64_t jobs = static_cast<std::int64_t>(plan.jobs.size());
    const std::int64_t chunks =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(unit_flops * static_cast<double>(count) / kFlopsPerChunk), 1,
                                 std::min<std::int64_t>(jobs, 64));
    parallel_for(chunks, [&](std::int64_t chunk) {
      for (std::int64_t j = chunk * jobs / chunks; j < (chunk + 1) * jobs / chunks; ++j)
        run_job(plan, plan.jobs[static_cast<std::size_t>(j)], slab, sums);
    });
  }
  if (plan.by_rows) return;
  for (std::int64_t g = 0; g < c.groups; ++g)
    for (std::int64_t k = 0; k < c.K; k += plan.set)
      transpose(sums + (g * plan.padded_channels + k) * weights_per_channel, plan.set, weights_per_channel,
                std::min(plan.set, c.K - k), grad_w + (g * c.K + k) * weights_per_channel, weights_per_channel);
}

void grad_weight_float(const Conv2dProblem& p, const float* grad_y, const float* x, float* grad_w) {
  grad_weight_all(p, grad_y, x, grad_w);
}
void grad_weight_double(const Conv2dProblem& p, const double* grad_y, const double* x, double* grad_w) {
  grad_weight_all(p, grad_y, x, grad_w);
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {
HWY_EXPORT(grad_weight_float);
HWY_EXPORT(grad_weight_double);
void grad_weight_vectors(const Conv2dProblem& p, const float* grad_y, const float* x, float* grad_w) {
  HWY_DYNAMIC_DISPATCH(grad_weight_float)(p, grad_y, x, grad_w);
}
void grad_weight_vectors(const Conv2dProblem& p, const double* grad_y, const double* x, double* grad_w) {
  HWY_DYNAMIC_DISPATCH(grad_weight_double)(p, grad_y, x, grad_w);
}
}  // namespace cresset::cpu
#endif
