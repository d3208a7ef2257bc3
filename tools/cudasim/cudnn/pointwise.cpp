// Operations on single elements, with operands of size 1 repeated.
#include <cmath>
#include <numbers>

#include "operations.h"
#include "values.h"

namespace cudasim::cudnn {
namespace {

struct Options {
  double lower = 0, upper = 0, slope = 0;
};
using Function = double(const Options&, double x, double b);

// Without a slope what is below is clipped, infinities too.
double below(const Options& o, double value) { return o.slope == 0 ? 0 : o.slope * value; }
double relu(const Options& o, double x, double) {
  if (x <= o.lower) return o.lower + below(o, x - o.lower);
  return x >= o.upper ? o.upper : x;  // NaN stays
}
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
// The normal distribution up to x, and its density.
double normal(double x) { return std::erfc(-x * std::sqrt(0.5)) / 2; }
double density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }
// What cuDNN's approximation of gelu has for normal(x): sigmoid(2 u(x)).
double approximate_normal(double x) {
  return sigmoid(2 * std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x));
}
double approximate_density(double x) {
  const double s = approximate_normal(x);
  return s * (1 - s) * 2 * std::sqrt(2 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
}

struct Mode {
  const char* name;
  int operands;  // X alone, or X and B
  Function* function;
};
constexpr Mode kForward[] = {
    {"CUDNN_POINTWISE_ADD", 2, [](const Options&, double x, double b) { return x + b; }},
    {"CUDNN_POINTWISE_SUB", 2, [](const Options&, double x, double b) { return x - b; }},
    {"CUDNN_POINTWISE_MUL", 2, [](const Options&, double x, double b) { return x * b; }},
    {"CUDNN_POINTWISE_DIV", 2, [](const Options&, double x, double b) { return x / b; }},
    {"CUDNN_POINTWISE_MAX", 2, [](const Options&, double x, double b) { return std::fmax(x, b); }},
    {"CUDNN_POINTWISE_MIN", 2, [](const Options&, double x, double b) { return std::fmin(x, b); }},
    {"CUDNN_POINTWISE_IDENTITY", 1, [](const Options&, double x, double) { return x; }},
    {"CUDNN_POINTWISE_ABS", 1, [](const Options&, double x, double) { return std::fabs(x); }},
    {"CUDNN_POINTWISE_NEG", 1, [](const Options&, double x, double) { return -x; }},
    {"CUDNN_POINTWISE_EXP", 1, [](const Options&, double x, double) { return std::exp(x); }},
    {"CUDNN_POINTWISE_LOG", 1, [](const Options&, double x, double) { return std::log(x); }},
    {"CUDNN_POINTWISE_SQRT", 1, [](const Options&, double x, double) { return std::sqrt(x); }},
    {"CUDNN_POINTWISE_RSQRT", 1, [](const Options&, double x, double) { return 1 / std::sqrt(x); }},
    {"CUDNN_POINTWISE_RECIPROCAL", 1, [](const Options&, double x, double) { return 1 / x; }},
    {"CUDNN_POINTWISE_RELU_FWD", 1, relu},
    {"CUDNN_POINTWISE_TANH_FWD", 1, [](const Options&, double x, double) { return std::tanh(x); }},
    {"CUDNN_POINTWISE_SIGMOID_FWD", 1, [](const Options&, double x, double) { return sigmoid(x); }},
    {"CUDNN_POINTWISE_GELU_FWD", 1, [](const Options&, double x, double) { return x * normal(x); }},
    {"CUDNN_POINTWISE_GELU_APPROX_TANH_FWD", 1,
     [](const Options&, double x, double) { return x * approximate_normal(x); }},
};
// From the forward's input and the gradient of its output.
constexpr Mode kBackward[] = {
    {"CUDNN_POINTWISE_RELU_BWD", 2,
     [](const Options& o, double x, double dy) { return x <= o.lower   ? below(o, dy)
                                                        : x >= o.upper ? 0
                                                                       : dy; }},
    {"CUDNN_POINTWISE_TANH_BWD", 2,
     [](const Options&, double x, double dy) { return dy * (1 - std::tanh(x) * std::tanh(x)); }},
    {"CUDNN_POINTWISE_SIGMOID_BWD", 2,
     [](const Options&, double x, double dy) { return dy * sigmoid(x) * (1 - sigmoid(x)); }},
    {"CUDNN_POINTWISE_GELU_BWD", 2,
     [](const Options&, double x, double dy) { return dy * (normal(x) + x * density(x)); }},
    {"CUDNN_POINTWISE_GELU_APPROX_TANH_BWD", 2,
     [](const Options&, double x, double dy) { return dy * (approximate_normal(x) + x * approximate_density(x)); }},
};

class Pointwise final : public Operation {
 public:
  Pointwise(const Json& node, const Graph& graph) {
    NodeReader r{Attributes(node, "pointwise"), graph, *this};
    Attributes& a = r.attributes;
    a.text("operation");
    const std::string name = a.text("pointwiseMode");
    bool backward = false;
    for (const Mode& mode : kForward) {
      if (name == mode.name) mode_ = &mode;
    }
    for (const Mode& mode : kBackward) {
      if (name != mode.name) continue;
      mode_ = &mode;
      backward = true;
    }
    require(mode_ != nullptr, a, name.c_str());
    read_precision(a, "mathPrec");
    if (name.starts_with("CUDNN_POINTWISE_RELU")) {
      options_ = {a.number("lowerClip"), a.number("upperClip"), a.number("lowerClipSlope")};
    }
    alpha1_ = a.number("alpha1");
    alpha2_ = a.number("alpha2");
    x_ = &r.input("X");
    if (mode_->operands == 2) b_ = &r.input(backward ? "dY" : "B");
    y_ = &r.output(backward ? "dX" : "Y");
    a.done();
    for (const Tensor* t : {x_, b_}) {
      if (t == nullptr) continue;
      require(t->sizes.size() == y_->sizes.size(), a, "operands of different ranks");
      for (size_t i = 0; i < t->sizes.size(); ++i)
        require(t->sizes[i] == 1 || t->sizes[i] == y_->sizes[i], a, "sizes that do not fit");
    }
  }

  void run(Values& values) const override {
    const std::vector<double>& x = values.read(*x_);
    const std::vector<double>& b = b_ == nullptr ? x : values.read(*b_);
    std::vector<double> y(static_cast<size_t>(y_->count()));
    for (size_t i = 0; i < y.size(); ++i) {
      y[i] = mode_->function(options_, alpha1_ * x[place(*x_, i)], b_ == nullptr ? 0 : alpha2_ * b[place(*b_, i)]);
    }
    values.write(*y_, std::move(y));
  }
  bool in_place() const override { return true; }

 private:
  // Where the operand has what belongs to the i-th element of the result.
  size_t place(const Tensor& t, size_t i) const {
    if (t.sizes == y_->sizes) return i;
    size_t at = 0, step = 1;
    for (size_t d = t.sizes.size(); d-- > 0;) {
      const auto size = static_cast<size_t>(y_->sizes[d]);
      if (t.sizes[d] != 1) at += i % size * step;
      step *= static_cast<size_t>(t.sizes[d]);
      i /= size;
    }
    return at;
  }

  const Mode* mode_ = nullptr;
  Options options_;
  double alpha1_ = 1, alpha2_ = 1;
  const Tensor *x_ = nullptr, *b_ = nullptr, *y_ = nullptr;
};

// The dimensions that the result has with size 1 are summed, or their extreme taken.
class Reduction final : public Operation {
 public:
  Reduction(const Json& node, const Graph& graph) {
    NodeReader r{Attributes(node, "reduction"), graph, *this};
    Attributes& a = r.attributes;
    a.text("operation");
    kind_ = a.text("reductionOp");
    require(
        kind_ == "CUDNN_REDUCE_TENSOR_ADD" || kind_ == "CUDNN_REDUCE_TENSOR_MAX" || kind_ == "CUDNN_REDUCE_TENSOR_MIN",
        a, kind_.c_str());
    read_precision(a, "mathPrec");
    a.boolean("isDeterministic");  // here it always is
    x_ = &r.input("X");
    y_ = &r.output("Y");
    a.done();
    require(x_->sizes.size() == y_->sizes.size(), a, "operands of different ranks");
    for (size_t i = 0; i < x_->sizes.size(); ++i)
      require(y_->sizes[i] == 1 || y_->sizes[i] == x_->sizes[i], a, "sizes that do not fit");
  }

  void run(Values& values) const override {
    const std::vector<double>& x = values.read(*x_);
    std::vector<double> y(static_cast<size_t>(y_->count()));
    std::vector<bool> begun(y.size());
    for (size_t i = 0; i < x.size(); ++i) {
      size_t at = 0, step = 1, rest = i;
      for (size_t d = x_->sizes.size(); d-- > 0;) {
        const auto size = static_cast<size_t>(x_->sizes[d]);
        if (y_->sizes[d] != 1) at += rest % size * step;
        step *= static_cast<size_t>(y_->sizes[d]);
        rest /= size;
      }
      y[at] = !begun[at]               ? x[i]
              : kind_.ends_with("ADD") ? y[at] + x[i]
              : kind_.ends_with("MAX") ? std::fmax(y[at], x[i])
                                       : std::fmin(y[at], x[i]);
      begun[at] = true;
    }
    values.write(*y_, std::move(y));
  }

 private:
  std::string kind_;
  const Tensor *x_ = nullptr, *y_ = nullptr;
};

}  // namespace

std::unique_ptr<Operation> pointwise(const Json& node, const Graph& graph) {
  return std::make_unique<Pointwise>(node, graph);
}
std::unique_ptr<Operation> reduction(const Json& node, const Graph& graph) {
  return std::make_unique<Reduction>(node, graph);
}

}  // namespace cudasim::cudnn
