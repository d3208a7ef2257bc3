// Printing as PyTorch does: torch/_tensor_str.py is the model, down to the blanks.
#include <cresset/creation.h>
#include <cresset/print.h>
#include <cresset/tensor.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <mutex>
#include <ostream>

#include "core/check.h"

namespace cresset {
namespace {

struct SharedOptions {
  std::mutex mutex;
  PrintOptions options;
};
SharedOptions& shared_options() {
  static SharedOptions shared;
  return shared;
}

// One element, as its kind prints.
struct Value {
  double floating = 0;
  std::int64_t integer = 0;
};

// Reads single elements of a tensor on the CPU, whatever its strides.
class Reader {
 public:
  explicit Reader(const Tensor& cpu)
      : data_(static_cast<const std::byte*>(cpu.data_ptr())), dtype_(cpu.dtype()), size_(cpu.element_size()) {}

  Value at(std::int64_t offset) const {
    const void* p = data_ + offset * static_cast<std::int64_t>(size_);
    switch (dtype_) {
      case DType::float32: return {.floating = *static_cast<const float*>(p)};
      case DType::float64: return {.floating = *static_cast<const double*>(p)};
      case DType::float16: return {.floating = *static_cast<const Half*>(p)};
      case DType::bfloat16: return {.floating = *static_cast<const BFloat16*>(p)};
      case DType::int64: return {.integer = *static_cast<const std::int64_t*>(p)};
      case DType::int32: return {.integer = *static_cast<const std::int32_t*>(p)};
      case DType::uint8:
      case DType::boolean: return {.integer = *static_cast<const std::uint8_t*>(p)};
    }
    return {};
  }
  DType dtype() const { return dtype_; }

 private:
  const std::byte* data_;
  DType dtype_;
  std::size_t size_;
};

// Python writes every NaN without a sign.
std::string fixed(double value, int precision) {
  return std::isnan(value) ? "nan" : fmt::format("{:.{}f}", value, precision);
}
std::string scientific(double value, int precision) {
  return std::isnan(value) ? "nan" : fmt::format("{:.{}e}", value, precision);
}

// Chooses one notation and one width for all the elements that are shown.
class Formatter {
 public:
  Formatter(const std::vector<Value>& shown, DType dtype, const PrintOptions& options)
      : floating_(is_floating_point(dtype)), boolean_(dtype == kBool), precision_(options.precision) {
    if (floating_)
      choose_notation(shown, options);
    else
      for (const Value& v : shown) widen(text(v));
  }

  std::size_t width() const { return width_; }

  std::string operator()(const Value& v) const {
    std::string s = text(v);
    return s.size() < width_ ? s.insert(0, width_ - s.size(), ' ') : s;
  }

 private:
  void widen(const std::string& s) { width_ = std::max(width_, s.size()); }

  void choose_notation(const std::vector<Value>& shown, const PrintOptions& options) {
    double smallest = std::numeric_limits<double>::infinity(), largest = 0;
    bool any = false, whole = true;
    const auto counts = [](double v) { return std::isfinite(v) && v != 0; };
    for (const Value& v : shown) {
      if (!counts(v.floating)) continue;
      any = true;
      smallest = std::min(smallest, std::abs(v.floating));
      largest = std::max(largest, std::abs(v.floating));
      whole = whole && v.floating == std::ceil(v.floating);
    }
    if (!any) return;
    whole_ = whole;
    scientific_ = options.sci_mode.value_or(largest / smallest > 1000.0 || largest > 1.0e8 || smallest < 1.0e-4);
    for (const Value& v : shown)
      if (counts(v.floating)) widen(text(v));
  }

  std::string text(const Value& v) const {
    if (boolean_) return v.integer ? "True" : "False";
    if (!floating_) return fmt::format("{}", v.integer);
    if (scientific_) return scientific(v.floating, precision_);
    if (whole_) return fixed(v.floating, 0) + (std::isfinite(v.floating) ? "." : "");
    return fixed(v.floating, precision_);
  }

  bool floating_, boolean_;
  int precision_;
  bool whole_ = true, scientific_ = false;
  std::size_t width_ = 1;
};

class Printer {
 public:
  Printer(const Tensor& cpu, const PrintOptions& options)
      : reader_(cpu),
        shape_(cpu.shape()),
        strides_(cpu.strides()),
        options_(options),
        summarize_(cpu.numel() > options.threshold) {}

  std::string str(std::size_t indent) const {
    std::vector<Value> shown;
    // With no edge items PyTorch measures the only row by all of it, and nothing of anything larger.
    if (options_.edgeitems > 0 || !summarize_ || shape_.size() < 2) collect(0, 0, shown);
    const Formatter format(shown, reader_.dtype(), options_);
    return write(0, 0, indent, format);
  }

 private:
  bool cut(int dim) const { return summarize_ && shape_[dim] > 2 * options_.edgeitems; }

  void collect(int dim, std::int64_t offset, std::vector<Value>& shown) const {
    if (dim == shape_.size()) {
      shown.push_back(reader_.at(offset));
      return;
    }
    const bool skip = cut(dim) && options_.edgeitems > 0;
    for (std::int64_t i = 0; i < shape_[dim]; ++i) {
      if (skip && i == options_.edgeitems) i = shape_[dim] - options_.edgeitems;
      collect(dim + 1, offset + i * strides_[dim], shown);
    }
  }

  std::string write(int dim, std::int64_t offset, std::size_t indent, const Formatter& format) const {
    if (shape_.empty()) return format(reader_.at(offset));
    if (dim == shape_.size() - 1) return row(dim, offset, indent, format);
    std::string separator(1, ',');
    separator.append(static_cast<std::size_t>(shape_.size() - dim - 1), '\n').append(indent + 1, ' ');
    std::string out = "[";
    const auto add = [&](const std::string& part) { (out.size() > 1 ? out += separator : out) += part; };
    for (std::int64_t i = 0; i < shape_[dim]; ++i) {
      if (cut(dim) && i == options_.edgeitems) {
        add("...");
        i = shape_[dim] - options_.edgeitems;
        if (i == shape_[dim]) break;
      }
      add(write(dim + 1, offset + i * strides_[dim], indent + 1, format));
    }
    return out + "]";
  }

  std::string row(int dim, std::int64_t offset, std::size_t indent, const Formatter& format) const {
    std::vector<std::string> items;
    for (std::int64_t i = 0; i < shape_[dim]; ++i) {
      if (summarize_ && options_.edgeitems == 0) {
        items.emplace_back("...");
        break;
      }
      if (cut(dim) && i == options_.edgeitems) {
        items.emplace_back(" ...");
        i = shape_[dim] - options_.edgeitems;
      }
      items.push_back(format(reader_.at(offset + i * strides_[dim])));
    }
    const auto room = static_cast<std::int64_t>(options_.linewidth) - static_cast<std::int64_t>(indent);
    const auto per_line =
        static_cast<std::size_t>(std::max<std::int64_t>(1, room / static_cast<std::int64_t>(format.width() + 2)));
    std::string out = "[";
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i % per_line)
        out += ", ";
      else if (i)
        out.append(",\n").append(indent + 1, ' ');
      out += items[i];
    }
    return out + "]";
  }

  Reader reader_;
  Shape shape_, strides_;
  const PrintOptions& options_;
  bool summarize_;
};

std::string tuple(const Shape& shape) {
  std::string list = shape.str();  // "[2, 3]"
  list.front() = '(';
  list.back() = ')';
  if (shape.size() == 1) list.insert(list.size() - 1, 1, ',');
  return list;
}

std::vector<std::string> suffixes_of(const Tensor& x, const PrintOptions& options) {
  std::vector<std::string> out;
  if (!x.device().is_cpu()) out.push_back(fmt::format("device='{}'", x.device().str()));
  const bool empty = x.numel() == 0;
  if (empty ? x.dim() != 1 : options.edgeitems == 0) out.push_back(fmt::format("size={}", tuple(x.shape())));
  const bool obvious = x.dtype() == get_default_dtype() || (!empty && (x.dtype() == kInt64 || x.dtype() == kBool));
  if (!obvious) out.push_back(fmt::format("dtype=torch.{}", name(x.dtype())));
  if (const std::string grad_fn = x.grad_fn_name(); !grad_fn.empty())
    out.push_back(fmt::format("grad_fn=<{}>", grad_fn));
  else if (x.requires_grad())
    out.emplace_back("requires_grad=True");
  return out;
}

}  // namespace

std::string Tensor::str() const {
  const PrintOptions options = get_printoptions();
  constexpr std::string_view prefix = "tensor(";
  std::string out(prefix);
  out += numel() == 0 ? "[]" : Printer(detach().cpu(), options).str(prefix.size());

  // PyTorch counts the last line as two longer than it is.
  std::size_t last_line = out.size() - (out.rfind('\n') + 1) + 2;
  for (const std::string& suffix : suffixes_of(*this, options)) {
    if (static_cast<std::int64_t>(last_line + suffix.size() + 2) > options.linewidth) {
      out.append(",\n").append(prefix.size(), ' ').append(suffix);
      last_line = prefix.size() + suffix.size();
    } else {
      out.append(", ").append(suffix);
      last_line += suffix.size() + 2;
    }
  }
  return out + ")";
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << tensor.str(); }
void print(const Tensor& tensor) { std::puts(tensor.str().c_str()); }
void print(const Shape& shape) { std::puts(("torch.Size(" + shape.str() + ")").c_str()); }

void set_printoptions(const PrintOptions& options) {
  check<ValueError>(options.precision >= 0, "set_printoptions: precision must be at least 0, got {}",
                    options.precision);
  check<ValueError>(options.threshold >= 0, "set_printoptions: threshold must be at least 0, got {}",
                    options.threshold);
  check<ValueError>(options.edgeitems >= 0, "set_printoptions: edgeitems must be at least 0, got {}",
                    options.edgeitems);
  check<ValueError>(options.linewidth >= 1, "set_printoptions: linewidth must be at least 1, got {}",
                    options.linewidth);
  const std::scoped_lock lock(shared_options().mutex);
  shared_options().options = options;
}

PrintOptions get_printoptions() {
  const std::scoped_lock lock(shared_options().mutex);
  return shared_options().options;
}

}  // namespace cresset
