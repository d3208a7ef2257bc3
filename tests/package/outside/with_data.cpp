// Loops over a data set of its own with the loader's worker threads.
#include <cresset/cresset.h>
#include <cresset/data.h>

#include <cstdio>
#include <utility>
using namespace cresset;

struct Squares {
  std::int64_t size() const { return 10; }
  std::pair<Tensor, std::int64_t> get(std::int64_t i) const { return {full({2}, i), i * i}; }
};

int main() {
  data::DataLoader loader{Squares{}, {.batch_size = 4, .shuffle = true, .num_workers = 2}};
  std::int64_t sum = 0;
  for (auto [inputs, labels] : loader) sum += labels.sum().item<std::int64_t>();
  try {
    data::CIFAR10 missing{"no such folder"};
    return 1;
  } catch (const IoError& error) {
    std::printf("%s\n", error.what());
  }
  std::printf("sum of labels %lld\n", static_cast<long long>(sum));
  return sum == 285 ? 0 : 1;
}
