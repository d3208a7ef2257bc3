// Printing, against what PyTorch printed: tests/golden/print.json, written by make_print.py.
#include <cresset/autograd.h>
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "test_paths.h"

namespace cresset {
namespace {

using Json = nlohmann::json;

class PrintOptionsGuard {
 public:
  PrintOptionsGuard() : before_(get_printoptions()) {}
  ~PrintOptionsGuard() { set_printoptions(before_); }

 private:
  PrintOptions before_;
};

DType dtype_named(const std::string& text) {
  for (int i = 0; i < kDTypes; ++i)
    if (name(static_cast<DType>(i)) == text) return static_cast<DType>(i);
  throw std::invalid_argument(text);
}

double number(const Json& v) { return v.is_string() ? std::stod(v.get<std::string>()) : v.get<double>(); }

Tensor source_of(const Json& c) {
  const DType dtype = dtype_named(c["dtype"]);
  const Shape shape(c["shape"].get<std::vector<std::int64_t>>());
  const Json& values = c["values"];
  std::vector<double> floats;
  std::vector<std::int64_t> integers;
  if (values.is_object()) {
    const Json& range = values["arange"];
    for (std::int64_t i = 0; i < range[0].get<std::int64_t>(); ++i) {
      const double v = range[1].get<double>() + range[2].get<double>() * static_cast<double>(i);
      floats.push_back(v);
      integers.push_back(static_cast<std::int64_t>(v));
    }
  } else {
    for (const Json& v : values) {
      if (is_floating_point(dtype))
        floats.push_back(number(v));
      else
        integers.push_back(v.is_boolean() ? v.get<bool>() : v.get<std::int64_t>());
    }
  }
  if (shape.numel() == 0) return zeros(shape, {.dtype = dtype});
  return (is_floating_point(dtype) ? tensor(floats, {.dtype = kFloat64}) : tensor(integers)).to(dtype).reshape(shape);
}

Tensor changed(Tensor x, const std::string& step) {
  if (step == "add") return x + x;
  if (step == "sub") return x - 1;
  if (step == "mul") return x * x;
  if (step == "div") return x / x;
  if (step == "neg") return -x;
  if (step == "exp") return x.exp();
  if (step == "sum") return x.sum();
  if (step == "mean") return x.mean();
  if (step == "view") return x.view({-1});
  if (step == "transpose") return x.transpose(0, 1);
  if (step == "select") return x[0];
  if (step == "slice") return x.slice(0, 1, {}, 2);
  if (step == "expand") {
    Shape shape = x.shape();
    shape.insert(0, 3);
    return x.expand(shape);
  }
  if (step == "detach") return x.detach();
  if (step == "channels_last") return x.contiguous(kChannelsLast);
  throw std::invalid_argument(step);
}

PrintOptions options_of(const Json& c) {
  PrintOptions options;
  options.precision = c.value("precision", options.precision);
  options.threshold = c.value("threshold", options.threshold);
  options.edgeitems = c.value("edgeitems", options.edgeitems);
  options.linewidth = c.value("linewidth", options.linewidth);
  if (c.contains("sci_mode")) options.sci_mode = c["sci_mode"].get<bool>();
  return options;
}

TEST(Print, IsPyTorchs) {
  const PrintOptionsGuard guard;
  std::ifstream file(CRESSET_TEST_DIR "/golden/print.json");
  const Json cases = Json::parse(file);
  ASSERT_GT(cases.size(), 100u);
  for (const Json& c : cases) {
    SCOPED_TRACE(c["name"].get<std::string>());
    set_printoptions(options_of(c["options"]));
    Tensor x = source_of(c);
    if (c["requires_grad"]) x.requires_grad_();
    for (const Json& step : c["change"]) x = changed(x, step);
    EXPECT_EQ(x.str(), c["expected"].get<std::string>());
  }
}

TEST(Print, StreamsTheSame) {
  std::ostringstream out;
  out << tensor({1.5, 2.0});
  EXPECT_EQ(out.str(), "tensor([1.5000, 2.0000])");
}

TEST(Print, FollowsTheDefaultDType) {
  set_default_dtype(kFloat64);
  const std::string with_double = tensor({1.5}).str();
  const std::string with_float = tensor({1.5}, {.dtype = kFloat32}).str();
  set_default_dtype(kFloat32);
  EXPECT_EQ(with_double, "tensor([1.5000])");
  EXPECT_EQ(with_float, "tensor([1.5000], dtype=torch.float32)");
}

TEST(Print, LeavesNoHistory) {
  const auto before = autograd::live_counts();
  {
    const Tensor x = ones({2}, {.requires_grad = true});
    const std::string text = (x + x).str();
  }
  EXPECT_EQ(autograd::live_counts().nodes, before.nodes);
  EXPECT_EQ(autograd::live_counts().tensors, before.tensors);
}

std::string error_of(const PrintOptions& options) {
  try {
    set_printoptions(options);
  } catch (const ValueError& e) {
    return e.what();
  }
  return "";
}

TEST(Print, RefusesImpossibleOptions) {
  EXPECT_EQ(error_of({.precision = -1}), "set_printoptions: precision must be at least 0, got -1");
  EXPECT_EQ(error_of({.threshold = -1}), "set_printoptions: threshold must be at least 0, got -1");
  EXPECT_EQ(error_of({.edgeitems = -2}), "set_printoptions: edgeitems must be at least 0, got -2");
  EXPECT_EQ(error_of({.linewidth = 0}), "set_printoptions: linewidth must be at least 1, got 0");
  EXPECT_EQ(get_printoptions().linewidth, 80);
}

}  // namespace
}  // namespace cresset
