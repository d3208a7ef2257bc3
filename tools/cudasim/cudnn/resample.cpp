// Pooling and its gradients. An index is its maximum's place in the window, row by row.
#include <algorithm>
#include <cmath>
#include <limits>

#include "operations.h"
#include "values.h"

namespace cudasim::cudnn {
namespace {

class Resample : public Operation {
 protected:
  void read(NodeReader& r, const Tensor& large, const Tensor& small) {
    Attributes& a = r.attributes;
    a.text("operation");
    const std::string mode = a.text("mode");
    max_ = mode == "CUDNN_RESAMPLE_MAXPOOL";
    counts_padding_ = mode == "CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING";
    require(max_ || counts_padding_ || mode == "CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING", a, mode.c_str());
    alpha_ = a.number("alpha");
    beta_ = a.number("beta");
    window_ = a.whole_fractions("windowDim");
    pre_ = a.whole_fractions("prePad");
    post_ = a.whole_fractions("postPad");
    strides_ = a.whole_fractions("stride");
    read_precision(a, "compType");
    const std::string nan = a.text("nanOpt");
    propagates_nan_ = nan == "CUDNN_PROPAGATE_NAN";
    require(propagates_nan_ || nan == "CUDNN_NOT_PROPAGATE_NAN", a, nan.c_str());
    padding_ = a.text("paddingMode");
    // A maximum may not be taken of padding that is not there; an average's padding is zeros.
    require(padding_ == (max_ ? "CUDNN_NEG_INF_PAD" : "CUDNN_ZERO_PAD"), a, padding_.c_str());
    const auto dimensions = static_cast<size_t>(a.whole("nbSpatialDims"));
    require(dimensions == 2 && large.sizes.size() == 4 && small.sizes.size() == 4, a, "other than two dimensions");
    for (const auto* option : {&window_, &pre_, &post_, &strides_})
      require(option->size() == dimensions, a, "options of another number of dimensions");
    a.done();
    require(large.sizes[0] == small.sizes[0] && large.sizes[1] == small.sizes[1], a, "sizes that do not fit");
    for (size_t i = 0; i < 2; ++i) {
      const int64_t reach = large.sizes[2 + i] + pre_[i] + post_[i] - window_[i];
      require(reach >= 0 && small.sizes[2 + i] <= reach / strides_[i] + 1, a, "an output of that size");
    }
    large_ = &large;
    small_ = &small;
  }

  /// Calls act(small element, large element, place in the window) for each that lies inside, row by row.
  template <class Act>
  void each_pair(Act act) const {
    const int64_t H = large_->sizes[2], W = large_->sizes[3], P = small_->sizes[2], Q = small_->sizes[3];
    for (int64_t plane = 0; plane < large_->sizes[0] * large_->sizes[1]; ++plane) {
      for (int64_t p = 0; p < P; ++p) {
        for (int64_t q = 0; q < Q; ++q) {
          for (int64_t place = 0; place < window_[0] * window_[1]; ++place) {
            const int64_t h = p * strides_[0] - pre_[0] + place / window_[1];
            const int64_t w = q * strides_[1] - pre_[1] + place % window_[1];
            if (h < 0 || h >= H || w < 0 || w >= W) continue;
            act(static_cast<size_t>((plane * P + p) * Q + q), static_cast<size_t>((plane * H + h) * W + w), place);
          }
        }
      }
    }
  }

  /// What the sum in each window is divided by.
  std::vector<double> divisors() const {
    std::vector<double> counts(static_cast<size_t>(small_->count()));
    if (counts_padding_) {
      std::fill(counts.begin(), counts.end(), static_cast<double>(window_[0] * window_[1]));
    } else {
      each_pair([&](size_t small, size_t, int64_t) { ++counts[small]; });
    }
    return counts;
  }

  bool max_ = false, counts_padding_ = false, propagates_nan_ = false;
  double alpha_ = 1, beta_ = 0;
  std::vector<int64_t> window_, pre_, post_, strides_;
  std::string padding_;
  const Tensor *large_ = nullptr, *small_ = nullptr, *index_ = nullptr;
};

struct Forward final : Resample {
  Forward(const Json& node, const Graph& graph) {
    NodeReader r{Attributes(node, "resample"), graph, *this};
    const Tensor &x = r.input("X"), &y = r.output("Y");
    index_ = r.optional_output("Idx");
    read(r, x, y);
    require(index_ == nullptr || (max_ && index_->sizes == y.sizes), r.attributes, "an index of that kind");
  }
  void run(Values& values) const override {
    const std::vector<double>& x = values.read(*large_);
    std::vector<double> y(static_cast<size_t>(small_->count()));
    if (!max_) {
      each_pair([&](size_t small, size_t large, int64_t) { y[small] += x[large]; });
      const std::vector<double> counts = divisors();
      for (size_t i = 0; i < y.size(); ++i) y[i] /= counts[i];
    } else {
      std::vector<double> index(y.size(), -1);
      std::fill(y.begin(), y.end(), -std::numeric_limits<double>::infinity());
      each_pair([&](size_t small, size_t large, int64_t place) {
        const bool nan = propagates_nan_ && std::isnan(x[large]) && !std::isnan(y[small]);
        if (index[small] >= 0 && !(x[large] > y[small]) && !nan) return;
        if (std::isnan(x[large]) && !propagates_nan_) return;
        y[small] = x[large];
        index[small] = static_cast<double>(place);
      });
      if (index_ != nullptr) values.write(*index_, std::move(index));
    }
    values.write(*small_, std::move(y), alpha_, beta_);
  }
};

struct Backward final : Resample {
  Backward(const Json& node, const Graph& graph) {
    NodeReader r{Attributes(node, "resample backward"), graph, *this};
    const Tensor &dx = r.output("dX"), &dy = r.input("dY");
    index_ = r.optional_input("Idx");
    read(r, dx, dy);
    require(max_ == (index_ != nullptr), r.attributes, "an index with averages, or none with maxima");
    require(index_ == nullptr || index_->sizes == dy.sizes, r.attributes, "sizes that do not fit");
  }
  void run(Values& values) const override {
    const std::vector<double>& dy = values.read(*small_);
    std::vector<double> dx(static_cast<size_t>(large_->count()));
    if (max_) {
      const std::vector<double>& index = values.read(*index_);
      each_pair([&](size_t small, size_t large, int64_t place) {
        if (index[small] == static_cast<double>(place)) dx[large] += dy[small];
      });
    } else {
      const std::vector<double> counts = divisors();
      each_pair([&](size_t small, size_t large, int64_t) { dx[large] += dy[small] / counts[small]; });
    }
    values.write(*large_, std::move(dx), alpha_, beta_);
  }
};

}  // namespace

std::unique_ptr<Operation> resample_forward(const Json& node, const Graph& graph) {
  return std::make_unique<Forward>(node, graph);
}
std::unique_ptr<Operation> resample_backward(const Json& node, const Graph& graph) {
  return std::make_unique<Backward>(node, graph);
}

}  // namespace cudasim::cudnn
