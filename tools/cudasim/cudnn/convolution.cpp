// Convolution and its gradients, in one, two or three dimensions, in groups.
#include <array>

#include "operations.h"
#include "values.h"

namespace cudasim::cudnn {
namespace {

using Triple = std::array<int64_t, 3>;

// The last of three sizes or options come from the descriptor; those before are of a dimension of size 1.
Triple triple(const std::vector<int64_t>& values, int64_t otherwise) {
  Triple all{otherwise, otherwise, otherwise};
  for (size_t i = 0; i < values.size(); ++i) all[3 - values.size() + i] = values[i];
  return all;
}
std::vector<int64_t> spatial(const Tensor& t) { return {t.sizes.begin() + 2, t.sizes.end()}; }

class Convolution : public Operation {
 protected:
  struct Roles {
    const char *x, *w, *y;
  };
  enum Result { kY, kX, kW };

  void read(const Json& node, const Graph& graph, Roles roles, Result result) {
    NodeReader r{Attributes(node, "convolution"), graph, *this};
    Attributes& a = r.attributes;
    a.text("operation");
    x_ = result == kX ? &r.output(roles.x) : &r.input(roles.x);
    w_ = result == kW ? &r.output(roles.w) : &r.input(roles.w);
    y_ = result == kY ? &r.output(roles.y) : &r.input(roles.y);
    const std::string mode = a.text("mode");
    require(mode == "CUDNN_CROSS_CORRELATION" || mode == "CUDNN_CONVOLUTION", a, mode.c_str());
    flipped_ = mode == "CUDNN_CONVOLUTION";
    read_precision(a, "mathPrec");
    alpha_ = a.number("alpha");
    beta_ = a.number("beta");
    const bool even = a.has("pad");
    pre_ = triple(a.wholes(even ? "pad" : "pad_lower"), 0);
    post_ = even ? pre_ : triple(a.wholes("pad_upper"), 0);
    strides_ = triple(a.wholes("stride"), 1);
    dilations_ = triple(a.wholes("dilation"), 1);
    const int64_t told_groups = a.has("groupCount") ? a.whole("groupCount") : 1;
    a.done();
    const size_t rank = x_->sizes.size();
    require(rank >= 3 && rank <= 5 && w_->sizes.size() == rank && y_->sizes.size() == rank, a, "tensors of that rank");
    in_ = triple(spatial(*x_), 1);
    window_ = triple(spatial(*w_), 1);
    out_ = triple(spatial(*y_), 1);
    batch_ = x_->sizes[0];
    group_in_ = w_->sizes[1];
    require(x_->sizes[1] % group_in_ == 0, a, "channels that the filter's do not divide");
    groups_ = x_->sizes[1] / group_in_;
    require(told_groups == groups_ || told_groups == 1, a, "another number of groups than its channels say");
    require(w_->sizes[0] % groups_ == 0 && y_->sizes[1] == w_->sizes[0] && y_->sizes[0] == batch_, a,
            "sizes that do not fit");
    group_out_ = w_->sizes[0] / groups_;
    for (size_t i = 0; i < 3; ++i) {
      const int64_t reach = in_[i] + pre_[i] + post_[i] - dilations_[i] * (window_[i] - 1) - 1;
      require(reach >= 0 && out_[i] == reach / strides_[i] + 1, a, "an output of that size");
    }
  }

  /// Calls act(index in x, in w, in y) for each product.
  template <class Act>
  void each_product(Act act) const {
    for (int64_t n = 0; n < batch_; ++n) {
      for (int64_t k = 0; k < groups_ * group_out_; ++k) {
        for (int64_t c = 0; c < group_in_; ++c) {
          const int64_t channel = k / group_out_ * group_in_ + c;
          each_plane(((n * groups_ * group_in_) + channel) * in_[0] * in_[1] * in_[2],
                     (k * group_in_ + c) * window_[0] * window_[1] * window_[2],
                     (n * groups_ * group_out_ + k) * out_[0] * out_[1] * out_[2], act);
        }
      }
    }
  }

  template <class Act>
  void each_plane(int64_t x, int64_t w, int64_t y, Act act) const {
    Triple r{}, p{};
    for (r[0] = 0; r[0] < window_[0]; ++r[0]) {
      for (r[1] = 0; r[1] < window_[1]; ++r[1]) {
        for (r[2] = 0; r[2] < window_[2]; ++r[2]) {
          Triple at = r;
          if (flipped_) {
            for (size_t i = 0; i < 3; ++i) at[i] = window_[i] - 1 - r[i];
          }
          const int64_t tap = w + (at[0] * window_[1] + at[1]) * window_[2] + at[2];
          for (p[0] = 0; p[0] < out_[0]; ++p[0]) {
            const int64_t d = place(0, p, r);
            if (d < 0 || d >= in_[0]) continue;
            for (p[1] = 0; p[1] < out_[1]; ++p[1]) {
              const int64_t h = place(1, p, r);
              if (h < 0 || h >= in_[1]) continue;
              const int64_t row = x + (d * in_[1] + h) * in_[2];
              const int64_t to = y + (p[0] * out_[1] + p[1]) * out_[2];
              for (p[2] = 0; p[2] < out_[2]; ++p[2]) {
                const int64_t v = place(2, p, r);
                if (v >= 0 && v < in_[2]) {
                  act(static_cast<size_t>(row + v), static_cast<size_t>(tap), static_cast<size_t>(to + p[2]));
                }
              }
            }
          }
        }
      }
    }
  }

  int64_t place(size_t i, const Triple& p, const Triple& r) const {
    return p[i] * strides_[i] - pre_[i] + r[i] * dilations_[i];
  }

  const Tensor *x_ = nullptr, *w_ = nullptr, *y_ = nullptr;
  bool flipped_ = false;
  double alpha_ = 1, beta_ = 0;
  Triple pre_{}, post_{}, strides_{}, dilations_{}, in_{}, window_{}, out_{};
  int64_t batch_ = 0, groups_ = 0, group_in_ = 0, group_out_ = 0;
};

struct Forward final : Convolution {
  Forward(const Json& node, const Graph& graph) { read(node, graph, {"X", "W", "Y"}, kY); }
  void run(Values& values) const override {
    const std::vector<double>&x = values.read(*x_), &w = values.read(*w_);
    std::vector<double> y(static_cast<size_t>(y_->count()));
    each_product([&](size_t i, size_t j, size_t k) { y[k] += x[i] * w[j]; });
    values.write(*y_, std::move(y), alpha_, beta_);
  }
};

struct BackwardData final : Convolution {
  BackwardData(const Json& node, const Graph& graph) { read(node, graph, {"dX", "W", "dY"}, kX); }
  void run(Values& values) const override {
    const std::vector<double>&dy = values.read(*y_), &w = values.read(*w_);
    std::vector<double> dx(static_cast<size_t>(x_->count()));
    each_product([&](size_t i, size_t j, size_t k) { dx[i] += dy[k] * w[j]; });
    values.write(*x_, std::move(dx), alpha_, beta_);
  }
};

struct BackwardFilter final : Convolution {
  BackwardFilter(const Json& node, const Graph& graph) { read(node, graph, {"X", "dW", "dY"}, kW); }
  void run(Values& values) const override {
    const std::vector<double>&dy = values.read(*y_), &x = values.read(*x_);
    std::vector<double> dw(static_cast<size_t>(w_->count()));
    each_product([&](size_t i, size_t j, size_t k) { dw[j] += dy[k] * x[i]; });
    values.write(*w_, std::move(dw), alpha_, beta_);
  }
};

}  // namespace

std::unique_ptr<Operation> convolution_forward(const Json& node, const Graph& graph) {
  return std::make_unique<Forward>(node, graph);
}
std::unique_ptr<Operation> convolution_backward_data(const Json& node, const Graph& graph) {
  return std::make_unique<BackwardData>(node, graph);
}
std::unique_ptr<Operation> convolution_backward_filter(const Json& node, const Graph& graph) {
  return std::make_unique<BackwardFilter>(node, graph);
}

}  // namespace cudasim::cudnn
