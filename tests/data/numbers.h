// A data set of plain numbers, and what a loader makes of it.
#pragma once

#include <cresset/data.h>
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "support/scratch_folder.h"

namespace cresset::data {

// Sample i is i and a number drawn from the default generator.
struct Numbers {
  struct Sample {
    std::int64_t number;
    Tensor drawn;
  };
  std::int64_t count = 10;
  std::size_t size() const { return static_cast<std::size_t>(count); }
  Sample get(std::int64_t i) const { return {i, rand({2})}; }
};

inline std::vector<std::int64_t> ints(const Tensor& x) {
  return {x.data_ptr<std::int64_t>(), x.data_ptr<std::int64_t>() + x.numel()};
}

// All numbers of a pass, batch by batch.
template <class L>
std::vector<std::vector<std::int64_t>> numbers(const L& loader) {
  std::vector<std::vector<std::int64_t>> all;
  for (auto& [number, drawn] : loader) all.push_back(ints(number));
  return all;
}

using Batches = std::vector<std::pair<Tensor, Tensor>>;
template <class L>
Batches batches(const L& loader) {
  Batches all;
  for (auto [a, b] : loader) all.emplace_back(a, b);
  return all;
}

inline void expect_equal(const Batches& a, const Batches& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(a[i].first.equal(b[i].first)) << "batch " << i;
    EXPECT_TRUE(a[i].second.equal(b[i].second)) << "batch " << i;
  }
}

}  // namespace cresset::data
