// Random chains of views against a model that knows nothing of strides: a view is a shape and, for each of its
// elements, the place in the storage that it stands for.
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "support/argument.h"

namespace cresset::test {
namespace {

using Places = std::vector<std::int64_t>;

struct Model {
  Shape shape;
  Places places;  // row-major

  // Keeps what `index_of(output index)` names of this view's elements.
  template <class IndexOf>
  Model take(const Shape& to, IndexOf index_of) const {
    Model m{to, Places(static_cast<std::size_t>(to.numel()))};
    Shape at = Shape::filled(to.size(), 0);
    for (std::int64_t& place : m.places) {
      const Shape from = index_of(at);
      std::int64_t flat = 0;
      for (int d = 0; d < shape.size(); ++d) flat = flat * shape[d] + from[d];
      place = places[static_cast<std::size_t>(flat)];
      for (int d = to.size() - 1; d >= 0 && ++at[d] == to[d]; --d) at[d] = 0;
    }
    return m;
  }
};

class Chain {
 public:
  explicit Chain(unsigned seed) : random_(seed) {
    const Shape shape = random_shape();
    base_ = arange(shape.numel(), {.dtype = kFloat64}).view(shape).clone();
    storage_ = to_doubles(base_);
    view_ = base_;
    model_.shape = shape;
    model_.places.resize(storage_.size());
    std::iota(model_.places.begin(), model_.places.end(), 0);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      trail_ += step() + "; ";
      SCOPED_TRACE(trail_ + "shape " + view_.shape().str());
      check();
      if (pick(3) == 0) write();
    }
  }

 private:
  std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(std::max<std::int64_t>(below, 1)));
  }
  Shape random_shape() {
    Shape shape;
    const std::int64_t dims = 1 + pick(4);
    for (std::int64_t d = 0; d < dims; ++d) shape.push_back(pick(12) == 0 ? 0 : 1 + pick(5));
    return shape;
  }

  std::string step() {
    const Shape shape = model_.shape;
    const int dims = shape.size();
    const int d = static_cast<int>(pick(dims));
    switch (pick(11)) {
      case 0: return permute();
      case 1: return dims > 0 ? transpose(d, static_cast<int>(pick(dims))) : "";
      case 2: return dims > 0 ? slice(d) : "";
      case 3: return dims > 0 && shape[d] > 0 ? select(d) : "";
      case 4: return dims < 6 ? unsqueeze(static_cast<int>(pick(dims + 1))) : "";
      case 5: return squeeze();
      case 6: return expand();
      case 7: return dims > 0 ? narrow(d) : "";
      case 8: return reshape();
      case 9: return dims > 0 && shape[d] > 0 ? part(d) : "";
      default: return index();
    }
  }

  std::string permute() {
    Dims order;
    for (int i = 0; i < model_.shape.size(); ++i) order.push_back(i);
    std::shuffle(order.begin(), order.end(), random_);
    Shape to = model_.shape;
    for (int i = 0; i < to.size(); ++i) to[i] = model_.shape[static_cast<int>(order[i])];
    model_ = model_.take(to, [&](const Shape& at) {
      Shape from = at;
      for (int i = 0; i < at.size(); ++i) from[static_cast<int>(order[i])] = at[i];
      return from;
    });
    view_ = view_.permute(order);
    return "permute " + order.str();
  }
  std::string transpose(int a, int b) {
    Shape to = model_.shape;
    to[a] = model_.shape[b];
    to[b] = model_.shape[a];
    model_ = model_.take(to, [&](Shape at) {
      std::swap(at[a], at[b]);
      return at;
    });
    view_ = view_.transpose(a - model_.shape.size(), b);
    return "transpose";
  }
  // first, first + step, … of dimension d.
  void keep(int d, std::int64_t first, std::int64_t step, std::int64_t count) {
    Shape to = model_.shape;
    to[d] = count;
    model_ = model_.take(to, [&](Shape at) {
      at[d] = first + step * at[d];
      return at;
    });
  }
  std::string slice(int d) {
    const std::int64_t size = model_.shape[d], start = pick(2 * size + 3) - size - 1,
                       end = pick(2 * size + 3) - size - 1, step = 1 + pick(3);
    const auto clip = [&](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size); };
    std::int64_t count = 0;
    for (std::int64_t i = clip(start); i < clip(end); i += step) ++count;
    keep(d, clip(start), step, count);
    view_ = view_.slice(d, start, end, step);
    return "slice " + std::to_string(start) + ":" + std::to_string(end) + ":" + std::to_string(step);
  }
  std::string narrow(int d) {
    const std::int64_t start = pick(model_.shape[d] + 1), length = pick(model_.shape[d] - start + 1);
    keep(d, start, 1, length);
    view_ = view_.narrow(d, start, length);
    return "narrow";
  }
  void drop(int d, std::int64_t index) {
    Shape to = model_.shape;
    to.erase(d);
    model_ = model_.take(to, [&](Shape at) {
      at.insert(d, index);
      return at;
    });
  }
  std::string select(int d) {
    const std::int64_t size = model_.shape[d], index = pick(size);
    drop(d, index);
    view_ = view_.select(d, pick(2) ? index : index - size);
    return "select";
  }
  std::string unsqueeze(int d) {
    model_.shape.insert(d, 1);
    view_ = view_.unsqueeze(d);
    return "unsqueeze";
  }
  std::string squeeze() {
    Shape to;
    for (const std::int64_t size : model_.shape)
      if (size != 1) to.push_back(size);
    model_.shape = to;
    view_ = view_.squeeze();
    return "squeeze";
  }
  std::string expand() {
    Shape to = model_.shape;
    for (std::int64_t& size : to)
      if (size == 1) size = 1 + pick(3);
    if (to.size() < 5 && pick(2)) to.insert(0, 1 + pick(2));
    if (to.numel() > 2000) return "";
    const Shape own = model_.shape;
    model_ = model_.take(to, [&](const Shape& at) {
      Shape from = own;
      for (int i = 0; i < own.size(); ++i) from[i] = own[i] == 1 ? 0 : at[at.size() - own.size() + i];
      return from;
    });
    view_ = view_.expand(to);
    return "expand " + to.str();
  }
  // To a random shape of as many elements: a view where the places allow it, and the error where they do not.
  std::string reshape() {
    std::int64_t left = model_.shape.numel();
    if (left == 0) return "";
    Shape to;
    while (left > 1 && to.size() < 5) {
      std::int64_t by = 1 + pick(6);
      while (left % by) --by;
      to.push_back(by);
      left /= by;
    }
    to.push_back(left);
    const Tensor copy = view_.reshape(to);
    EXPECT_EQ(to_doubles(copy), values());
    Tensor as_view;
    try {
      as_view = view_.view(to);
    } catch (const ShapeError&) {
      EXPECT_FALSE(copy.is_view_of_same_storage(view_)) << "reshape shares where view cannot";
      return "";
    }
    EXPECT_TRUE(copy.is_view_of_same_storage(view_));
    view_ = as_view;
    model_.shape = to;
    return "view " + to.str();
  }
  std::string part(int d) {
    const std::int64_t size = model_.shape[d];
    if (pick(2)) {
      const std::int64_t by = 1 + pick(size), at = pick((size + by - 1) / by);
      const auto parts = view_.split(by, d);
      EXPECT_EQ(static_cast<std::int64_t>(parts.size()), (size + by - 1) / by);
      view_ = parts[static_cast<std::size_t>(at)];
      keep(d, at * by, 1, std::min(by, size - at * by));
      return "split";
    }
    const std::int64_t at = pick(size);
    view_ = view_.unbind(d)[static_cast<std::size_t>(at)];
    drop(d, at);
    return "unbind";
  }
  // A slice or an integer for each dimension, with new ones and an ellipsis between.
  std::string index() {
    std::vector<IndexItem> items;
    int d = 0;
    const int dims = model_.shape.size(), until = static_cast<int>(pick(dims + 1));
    for (int taken = 0; taken < until; ++taken) {
      if (model_.shape.size() < 6 && pick(4) == 0) {
        items.emplace_back(None);
        model_.shape.insert(d, 1);
        ++d;
      }
      const std::int64_t size = model_.shape[d];
      if (size > 0 && pick(2)) {
        const std::int64_t at = pick(size);
        items.emplace_back(at);
        drop(d, at);
      } else {
        const std::int64_t start = pick(size + 1), step = 1 + pick(2);
        items.emplace_back(Slice(start, None, step));
        keep(d, start, step, (size - start + step - 1) / step);
        ++d;
      }
    }
    if (pick(2)) items.emplace_back(Ellipsis);
    view_ = view_.index(items);
    return "index";
  }

  std::vector<double> values() const {
    std::vector<double> result;
    for (const std::int64_t place : model_.places) result.push_back(storage_[static_cast<std::size_t>(place)]);
    return result;
  }

  void check() const {
    ASSERT_EQ(view_.shape().str(), model_.shape.str());
    ASSERT_EQ(to_doubles(view_), values());
    ASSERT_TRUE(view_.is_view_of_same_storage(base_));
    // Through the strides, too: the address of each element.
    const double *begin = base_.data_ptr<double>(), *first = view_.data_ptr<double>();
    Shape at = Shape::filled(model_.shape.size(), 0);
    bool dense = true;
    for (std::size_t i = 0; i < model_.places.size(); ++i) {
      const double* p = first;
      for (int d = 0; d < at.size(); ++d) p += at[d] * view_.stride(d);
      ASSERT_EQ(p - begin, model_.places[i]);
      dense &= i == 0 || model_.places[i] == model_.places[i - 1] + 1;
      for (int d = at.size() - 1; d >= 0 && ++at[d] == model_.shape[d]; --d) at[d] = 0;
    }
    ASSERT_EQ(view_.is_contiguous(), dense);
    ASSERT_EQ(to_doubles(view_.contiguous()), values());
    ASSERT_EQ(to_doubles(view_.clone()), values());
    ASSERT_DOUBLE_EQ(view_.sum().item(), std::accumulate(model_.places.begin(), model_.places.end(), 0.0,
                                                         [&](double sum, std::int64_t place) {
                                                           return sum + storage_[static_cast<std::size_t>(place)];
                                                         }));
  }

  void write() {
    const bool overlaps =
        std::set<std::int64_t>(model_.places.begin(), model_.places.end()).size() != model_.places.size();
    const std::uint32_t version = base_.version();
    const auto change = [&](auto f) {
      for (const std::int64_t place : model_.places) f(storage_[static_cast<std::size_t>(place)]);
    };
    const auto kind = pick(4);
    const auto apply = [&] {
      if (kind == 0) view_.fill_(7);
      if (kind == 1) view_.mul_(-1);
      if (kind == 2) view_ += full({}, 3, {.dtype = kFloat64});
      if (kind == 3) view_.copy_(full(view_.shape(), 5, {.dtype = kInt32}));
    };
    if (overlaps) {
      EXPECT_THROW(apply(), ValueError);
      EXPECT_EQ(base_.version(), version);
      return;
    }
    apply();
    if (kind == 0) change([](double& v) { v = 7; });
    if (kind == 1) change([](double& v) { v = -v; });
    if (kind == 2) change([](double& v) { v += 3; });
    if (kind == 3) change([](double& v) { v = 5; });
    EXPECT_EQ(base_.version(), version + 1);
    EXPECT_EQ(view_.version(), version + 1);
    EXPECT_EQ(to_doubles(base_), storage_) << "written through " << trail_;
  }

  std::mt19937 random_;
  Tensor base_, view_;
  std::vector<double> storage_;
  Model model_;
  std::string trail_;
};

TEST(ViewsProperty, ChainsStandForTheSamePlacesAsTheModel) {
  for (unsigned seed = 0; seed < 1500 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chain(seed).run(12);
  }
}

}  // namespace
}  // namespace cresset::test
