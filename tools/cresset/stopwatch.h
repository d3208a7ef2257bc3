// Times of something done again and again.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace cresset::program {

struct Spread {
  double min, median, max;
  int repeats;
};

inline Spread spread_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t n = samples.size();
  return {samples.front(), (samples[(n - 1) / 2] + samples[n / 2]) / 2, samples.back(), static_cast<int>(n)};
}

// Seconds that `body` takes.
template <class Body>
double seconds_of(Body body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Mean seconds of one of `count` calls, `repeats` times over; one round before that warms up.
template <class Body>
std::vector<double> seconds_per_call(int count, int repeats, Body body) {
  const auto round = [&] {
    return seconds_of([&] {
             for (int i = 0; i < count; ++i) body();
           }) /
           count;
  };
  round();
  std::vector<double> samples;
  for (int i = 0; i < repeats; ++i) samples.push_back(round());
  return samples;
}

}  // namespace cresset::program
