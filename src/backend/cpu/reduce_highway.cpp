// Sums, means, extremes, all and any: rows folded to values or into each other, in blocks of fixed size and order.
// Errors stay near one rounding whatever the length: blocks of float are folded in double. Indices of extremes take a
// plain loop.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/reduce_highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include <algorithm>
#include <vector>

#include "backend/cpu/convert.h"
#include "backend/cpu/reduce_kernels.h"
#include "backend/cpu/reduce_plan.h"
#include "backend/cpu/reduce_rows-inl.h"
#include "core/team.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

constexpr std::int64_t kRowBlock = 1024;    // elements folded in one Part
constexpr std::int64_t kSegment = 8192;     // of a row; the unit of work
constexpr std::int64_t kPerChunk = 65536;   // elements
constexpr std::int64_t kWidth = 512;        // columns folded at a time
constexpr std::int64_t kColumnBlock = 128;  // rows folded in one Part
constexpr std::int64_t kMaxParts = 1024;    // that the elements of one output are cut into

// Writes results: the mean's division, the conversion to the output's dtype.
template <class Total>
void store(const ReduceProblem& p, double count, const Total* totals, std::int64_t n, void* y, std::int64_t at,
           std::int64_t stride) {
  switch_dtype(p.out_dtype, [&]<class Out>() {
    auto* out = static_cast<Out*>(y) + at;
    if (p.op == ReduceOp::mean)
      for (std::int64_t i = 0; i < n; ++i) out[i * stride] = convert<Out>(static_cast<double>(totals[i]) / count);
    else
      for (std::int64_t i = 0; i < n; ++i) out[i * stride] = convert<Out>(totals[i]);
  });
}

// n split in parts of about the same size; n * part could overflow.
std::int64_t part_begin(std::int64_t n, std::int64_t part, std::int64_t parts) {
  return n / parts * part + n % parts * part / parts;
}

template <Fold kFold, class T>
class Reduction {
  using Part = PartOf<kFold, T>;
  using Total = TotalOf<kFold, T>;

 public:
  Reduction(const ReduceProblem& p, const T* x, void* y) : p_(p), plan_(plan_reduce(p)), x_(x), y_(y) {
    count_ = static_cast<double>(plan_.gone.total()) * static_cast<double>(plan_.inner_gone ? plan_.inner : 1);
  }

  void run() { plan_.inner_gone ? run_rows() : run_columns(); }

 private:
  // A row's elements as a dense array: itself, or gathered.
  const T* dense(const T* row, std::int64_t n, T* buffer) const {
    if (plan_.inner_stride == 1) return row;
    for (std::int64_t i = 0; i < n; ++i) buffer[i] = row[i * plan_.inner_stride];
    return buffer;
  }

  // Folds segments [begin, end) of the rows that make one output.
  Total fold_segments(const T* base, std::int64_t begin, std::int64_t end) const {
    const std::int64_t per_row = (plan_.inner + kSegment - 1) / kSegment;
    T buffer[kRowBlock];
    Total total = identity<kFold, Total>();
    for (std::int64_t s = begin; s < end; ++s) {
      std::int64_t offset, unused;
      plan_.gone.offsets(s / per_row, &offset, &unused);
      const std::int64_t first = s % per_row * kSegment, last = std::min(plan_.inner, first + kSegment);
      for (std::int64_t i = first; i < last; i += kRowBlock) {
        const std::int64_t n = std::min(kRowBlock, last - i);
        total = fold<kFold>(
            total, static_cast<Total>(fold_row<kFold>(dense(base + offset + i * plan_.inner_stride, n, buffer), n)));
      }
    }
    return total;
  }

  void run_rows() const {
    const std::int64_t outputs = plan_.kept.total(), rows = plan_.gone.total(), elements = rows * plan_.inner;
    const std::int64_t segments = rows * ((plan_.inner + kSegment - 1) / kSegment);
    if (outputs >= 8 || elements <= 2 * kPerChunk) {
      const std::int64_t group = std::max<std::int64_t>(1, kPerChunk / elements);
      parallel_for((outputs + group - 1) / group, [&](std::int64_t chunk) {
        for (std::int64_t o = chunk * group; o < std::min(outputs, (chunk + 1) * group); ++o) {
          std::int64_t in, out;
          plan_.kept.offsets(o, &in, &out);
          const Total total = fold_segments(x_ + in, 0, segments);
          store(p_, count_, &total, 1, y_, out, 1);
        }
      });
      return;
    }
    const std::int64_t parts = std::min({segments, elements / kPerChunk + 1, kMaxParts});
    std::vector<Total> totals(static_cast<std::size_t>(outputs * parts));
    parallel_for(outputs * parts, [&](std::int64_t chunk) {
      std::int64_t in, out;
      plan_.kept.offsets(chunk / parts, &in, &out);
      const std::int64_t part = chunk % parts;
      totals[static_cast<std::size_t>(chunk)] =
          fold_segments(x_ + in, part_begin(segments, part, parts), part_begin(segments, part + 1, parts));
    });
    for (std::int64_t o = 0; o < outputs; ++o) {
      std::int64_t in, out;
      plan_.kept.offsets(o, &in, &out);
      Total total = identity<kFold, Total>();
      for (std::int64_t k = 0; k < parts; ++k)
        total = fold<kFold>(total, totals[static_cast<std::size_t>(o * parts + k)]);
      store(p_, count_, &total, 1, y_, out, 1);
    }
  }

  // Folds rows [begin, end) of those that go, columns [0, width) from `base` on, into totals. Short dense rows are
  // taken several at a time, `copies` beside each other.
  void fold_columns(const T* base, std::int64_t width, std::int64_t begin, std::int64_t end, Total* totals) const {
    const ReduceDims& gone = plan_.gone;
    const std::int64_t run = gone.count == 0 ? 1 : gone.sizes[gone.count - 1],
                       stride = gone.count == 0 ? 0 : gone.strides[gone.count - 1];
    const std::int64_t copies =
        width == plan_.inner && plan_.inner_stride == 1 && stride == width ? std::max<std::int64_t>(1, 128 / width) : 1;
    T buffer[kWidth];
    HWY_ALIGN Part parts[kWidth];
    std::fill_n(totals, width, identity<kFold, Total>());
    std::fill_n(parts, width * copies, identity<kFold, Part>());
    std::int64_t folded = 0;
    const auto flush = [&] {
      for (std::int64_t c = 0; c < copies; ++c)
        for (std::int64_t i = 0; i < width; ++i)
          totals[i] = fold<kFold>(totals[i], static_cast<Total>(parts[c * width + i]));
      std::fill_n(parts, width * copies, identity<kFold, Part>());
      folded = 0;
    };
    for (std::int64_t q = begin; q < end;) {
      std::int64_t offset, unused;
      gone.offsets(q, &offset, &unused);
      const std::int64_t rows = std::min(end - q, run - q % run);
      for (std::int64_t r = 0; r < rows;) {
        const std::int64_t taken = rows - r >= copies ? copies : 1;
        fold_into<kFold>(dense(base + offset + r * stride, width, buffer), parts, width * taken);
        r += taken;
        if (++folded == kColumnBlock) flush();
      }
      q += rows;
    }
    flush();
  }

  void run_columns() const {
    const std::int64_t tiles = (plan_.inner + kWidth - 1) / kWidth, units = plan_.kept.total() * tiles,
                       rows = plan_.gone.total();
    const std::int64_t width = std::min(kWidth, plan_.inner), elements = rows * width;
    const std::int64_t parts =
        units >= 8 || elements <= 2 * kPerChunk ? 1 : std::min({rows, elements / kPerChunk + 1, kMaxParts});
    const std::int64_t group = parts > 1 ? 1 : std::max<std::int64_t>(1, kPerChunk / elements),
                       groups = (units + group - 1) / group;
    std::vector<Total> totals(static_cast<std::size_t>(parts > 1 ? units * parts * width : 0));
    const auto place = [&](std::int64_t unit, std::int64_t* in, std::int64_t* out, std::int64_t* columns) {
      plan_.kept.offsets(unit / tiles, in, out);
      const std::int64_t first = unit % tiles * kWidth;
      *in += first * plan_.inner_stride;
      *out += first * plan_.inner_out_stride;
      *columns = std::min(kWidth, plan_.inner - first);
    };
    parallel_for(groups * parts, [&](std::int64_t chunk) {
      std::int64_t in, out, columns;
      if (parts > 1) {
        const std::int64_t part = chunk % parts;
        place(chunk / parts, &in, &out, &columns);
        fold_columns(x_ + in, columns, part_begin(rows, part, parts), part_begin(rows, part + 1, parts),
                     totals.data() + chunk * width);
        return;
      }
      for (std::int64_t unit = chunk * group; unit < std::min(units, (chunk + 1) * group); ++unit) {
        Total local[kWidth];
        place(unit, &in, &out, &columns);
        fold_columns(x_ + in, columns, 0, rows, local);
        store(p_, count_, local, columns, y_, out, plan_.inner_out_stride);
      }
    });
    for (std::int64_t unit = 0; parts > 1 && unit < units; ++unit) {
      std::int64_t in, out, columns;
      place(unit, &in, &out, &columns);
      Total* sum = totals.data() + unit * parts * width;
      for (std::int64_t k = 1; k < parts; ++k)
        for (std::int64_t i = 0; i < columns; ++i) sum[i] = fold<kFold>(sum[i], sum[k * width + i]);
      store(p_, count_, sum, columns, y_, out, plan_.inner_out_stride);
    }
  }

  const ReduceProblem& p_;
  ReducePlan plan_;
  const T* x_;
  void* y_;
  double count_;
};

template <class T>
void reduce_typed(const ReduceProblem& p, const T* x, void* y) {
  switch (p.op) {
    case ReduceOp::sum:
    case ReduceOp::mean: return Reduction<Fold::sum, T>(p, x, y).run();
    case ReduceOp::max: return Reduction<Fold::max, T>(p, x, y).run();
    case ReduceOp::min: return Reduction<Fold::min, T>(p, x, y).run();
    case ReduceOp::all: return Reduction<Fold::all, T>(p, x, y).run();
    case ReduceOp::any: return Reduction<Fold::any, T>(p, x, y).run();
    default: return;  // indices: elsewhere
  }
}

void reduce_values(const ReduceProblem& p, const void* x, void* y) {
  switch_dtype(p.dtype, [&]<class T>() { reduce_typed(p, static_cast<const T*>(x), y); });
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {

HWY_EXPORT(reduce_values);

namespace {

void run(const ReduceProblem& p, const Context& context, const void* x, void* y, std::int64_t* indices) {
  bool empty = false;
  for (int d = 0; d < p.dims; ++d) empty = empty || p.sizes[d] == 0;
  if (empty) return kReduceReference.run(p, context, x, y, indices);  // writes the empty sum, mean, all and any
  if (indices != nullptr) return reduce_indices(p, x, y, indices);
  HWY_DYNAMIC_DISPATCH(reduce_values)(p, x, y);
}

}  // namespace

constinit const Kernel<Reduce> kReduceHighway = {"highway", nullptr, run};

}  // namespace cresset::cpu
#endif  // HWY_ONCE
