// Batch normalisation: statistics of each channel (the second dimension) over all others.
#include <cmath>

#include "operations.h"
#include "values.h"

namespace cudasim::cudnn {
namespace {

class BatchNorm : public Operation {
 protected:
  void check(const Attributes& a, std::initializer_list<const Tensor*> per_channel) const {
    require(x_->sizes.size() >= 2, a, "a tensor without channels");
    for (const Tensor* t : per_channel) {
      require(t == nullptr ||
                  (t->sizes.size() == x_->sizes.size() && t->count() == channels() && t->sizes[1] == channels()),
              a, "statistics that are not one a channel");
    }
  }
  int64_t channels() const { return x_->sizes[1]; }
  double count() const { return static_cast<double>(x_->count() / channels()); }
  /// Calls act(element, channel).
  template <class Act>
  void each(Act act) const {
    const auto c = static_cast<size_t>(channels()), n = static_cast<size_t>(x_->sizes[0]);
    const size_t rest = static_cast<size_t>(x_->count()) / c / n;
    for (size_t i = 0; i < n * c * rest; ++i) act(i, i / rest % c);
  }
  std::vector<double> zeros() const { return std::vector<double>(static_cast<size_t>(channels())); }

  const Tensor *x_ = nullptr, *mean_ = nullptr, *invstd_ = nullptr, *scale_ = nullptr;
};

class Forward final : public BatchNorm {
 public:
  Forward(const Json& node, const Graph& graph) {
    NodeReader r{Attributes(node, "norm"), graph, *this};
    Attributes& a = r.attributes;
    a.text("operation");
    a.must_be("mode", "CUDNN_BATCH_NORM");
    a.must_be("fmode", "CUDNN_NORM_FWD_TRAINING");
    x_ = &r.input("X");
    y_ = &r.output("Y");
    scale_ = &r.input("Scale");
    bias_ = &r.input("Bias");
    epsilon_ = &r.input("epsilonDesc");
    mean_ = r.optional_output("Mean");
    invstd_ = r.optional_output("InvVariance");
    in_mean_ = r.optional_input("InRunningMean");
    in_variance_ = r.optional_input("InRunningVar");
    out_mean_ = r.optional_output("OutRunningMean");
    out_variance_ = r.optional_output("OutRunningVar");
    factor_ = r.optional_input("expavgfactorDesc");
    a.done();
    require(!out_mean_ == !in_mean_ && !out_variance_ == !in_variance_ && !out_mean_ == !factor_ &&
                !out_variance_ == !factor_,
            a, "running statistics of which some are missing");
    require(x_->sizes == y_->sizes && epsilon_->count() == 1 && (!factor_ || factor_->count() == 1), a,
            "sizes that do not fit");
    check(a, {mean_, invstd_, scale_, bias_, in_mean_, in_variance_, out_mean_, out_variance_});
  }

  void run(Values& values) const override {
    const std::vector<double>& x = values.read(*x_);
    const std::vector<double>&scale = values.read(*scale_), &bias = values.read(*bias_);
    std::vector<double> mean = zeros(), variance = zeros(), invstd = zeros(), y(x.size());
    each([&](size_t i, size_t c) { mean[c] += x[i] / count(); });
    each([&](size_t i, size_t c) { variance[c] += (x[i] - mean[c]) * (x[i] - mean[c]) / count(); });
    for (size_t c = 0; c < invstd.size(); ++c) invstd[c] = 1 / std::sqrt(variance[c] + values.read(*epsilon_)[0]);
    each([&](size_t i, size_t c) { y[i] = (x[i] - mean[c]) * invstd[c] * scale[c] + bias[c]; });
    values.write(*y_, std::move(y));
    if (factor_ != nullptr) {
      // The running variance takes the unbiased one in.
      const double f = values.read(*factor_)[0];
      std::vector<double> next_mean = values.read(*in_mean_), next_variance = values.read(*in_variance_);
      for (size_t c = 0; c < mean.size(); ++c) {
        next_mean[c] = (1 - f) * next_mean[c] + f * mean[c];
        next_variance[c] = (1 - f) * next_variance[c] + f * variance[c] * count() / (count() - 1);
      }
      values.write(*out_mean_, std::move(next_mean));
      values.write(*out_variance_, std::move(next_variance));
    }
    if (mean_ != nullptr) values.write(*mean_, std::move(mean));
    if (invstd_ != nullptr) values.write(*invstd_, std::move(invstd));
  }
  bool in_place() const override { return true; }

 private:
  const Tensor *y_ = nullptr, *bias_ = nullptr, *epsilon_ = nullptr, *factor_ = nullptr;
  const Tensor *in_mean_ = nullptr, *in_variance_ = nullptr, *out_mean_ = nullptr, *out_variance_ = nullptr;
};

class Backward final : public BatchNorm {
 public:
  Backward(const Json& node, const Graph& graph) {
    NodeReader r{Attributes(node, "norm backward"), graph, *this};
    Attributes& a = r.attributes;
    a.text("operation");
    a.must_be("mode", "CUDNN_BATCH_NORM");
    x_ = &r.input("X");
    dy_ = &r.input("DY");
    mean_ = &r.input("Mean");
    invstd_ = &r.input("InvVariance");
    scale_ = &r.input("Scale");
    dscale_ = &r.output("DScale");
    dbias_ = &r.output("DBias");
    dx_ = &r.output("DX");
    a.done();
    require(x_->sizes == dy_->sizes && x_->sizes == dx_->sizes, a, "sizes that do not fit");
    check(a, {mean_, invstd_, scale_, dscale_, dbias_});
  }

  void run(Values& values) const override {
    const std::vector<double>&x = values.read(*x_), &dy = values.read(*dy_), &mean = values.read(*mean_);
    const std::vector<double>&invstd = values.read(*invstd_), &scale = values.read(*scale_);
    std::vector<double> dscale = zeros(), dbias = zeros(), dx(x.size());
    each([&](size_t i, size_t c) {
      dbias[c] += dy[i];
      dscale[c] += dy[i] * (x[i] - mean[c]) * invstd[c];
    });
    each([&](size_t i, size_t c) {
      const double normal = (x[i] - mean[c]) * invstd[c];
      dx[i] = scale[c] * invstd[c] * (dy[i] - dbias[c] / count() - normal * dscale[c] / count());
    });
    values.write(*dx_, std::move(dx));
    values.write(*dscale_, std::move(dscale));
    values.write(*dbias_, std::move(dbias));
  }
  bool in_place() const override { return true; }

 private:
  const Tensor *dy_ = nullptr, *dscale_ = nullptr, *dbias_ = nullptr, *dx_ = nullptr;
};

}  // namespace

std::unique_ptr<Operation> norm_forward(const Json& node, const Graph& graph) {
  return std::make_unique<Forward>(node, graph);
}
std::unique_ptr<Operation> norm_backward(const Json& node, const Graph& graph) {
  return std::make_unique<Backward>(node, graph);
}

}  // namespace cudasim::cudnn
