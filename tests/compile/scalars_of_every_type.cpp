// compiles
// Numbers of every arithmetic type stand on either side of an operator; zero is ambiguous nowhere.
#include <cresset/cresset.h>

#include <cstddef>
#include <type_traits>
using namespace cresset;

template <class T>
void with(const Tensor& x, T n) {
  static_assert(std::is_same_v<decltype(x + n), Tensor> && std::is_same_v<decltype(n + x), Tensor>);
  static_assert(std::is_same_v<decltype(x - n), Tensor> && std::is_same_v<decltype(n - x), Tensor>);
  static_assert(std::is_same_v<decltype(x * n), Tensor> && std::is_same_v<decltype(n * x), Tensor>);
  static_assert(std::is_same_v<decltype(x / n), Tensor> && std::is_same_v<decltype(n / x), Tensor>);
  static_assert(std::is_same_v<decltype(x == n), Tensor> && std::is_same_v<decltype(n == x), Tensor>);
  static_assert(std::is_same_v<decltype(x < n), Tensor> && std::is_same_v<decltype(n >= x), Tensor>);
}

void all(const Tensor& x) {
  with(x, true);
  with(x, std::uint8_t{1});
  with(x, 'a');
  with(x, 1);
  with(x, 1U);
  with(x, 1L);
  with(x, std::size_t{1});
  with(x, 0.5F);
  with(x, 0.5);
  Tensor y = x + 0;
  y = 0 * x;
  y = x.add(0);
  y = x.pow(0);
  y += 0;
  y = full({2, 3}, 0);
  y = zeros({0});
  y = x == 0;
}
