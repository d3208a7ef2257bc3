// Prints the monotonic clock in nanoseconds once the first tensor is there. tools/compare.py reads the same clock
// before it starts this program.
#include <torch/torch.h>

#include <cstdio>
#include <ctime>

int main() {
  const torch::Tensor first = torch::ones({2, 3});
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  std::printf("%lld %lld\n", static_cast<long long>(now.tv_sec) * 1'000'000'000 + now.tv_nsec,
              static_cast<long long>(first.numel()));
}
