// compiles
// No overload is ambiguous for a plain 0, which also is a null pointer.
#include <cresset/cresset.h>

using namespace cresset;
namespace F = nn::functional;

void use(const Tensor& x, const Tensor& w) {
  x.add(0), x.sub(0), x.mul(0), x.pow(0), x.eq(0), x.lt(0), x.add_(0), x.mul_(0), x.fill_(0);
  add(x, 0), sub(x, 0), mul(x, 0), pow(x, 0), pow(0, x), x + 0, 0 - x, x * 0, x == 0, 0 < x;
  x.sum(0), x.mean(0), max(x, 0), x.argmax(0), x.var(0), x.any(0), x.squeeze(0), x.unsqueeze(0);
  x.index({0}), x[0], x.select(0, 0), x.slice(0, 0), x.clamp(0, 0), x.clamp(0);
  x[0] = 0;
  x.index({0, Slice(0, 0)}) = 0;
  x.index_put_({0}, 0);
  full({}, 0), full({0}, 0), arange(0), arange(0, 0), tensor(0), tensor({0}), eye(0, 0), randint(0, {0}), zeros({0});
  F::conv2d(x, w, {}, {.padding = 0}), F::max_pool2d(x, 0), F::softmax(x, 0), F::pad(x, {0, 0}), F::dropout(x, 0);
  cat({x, w}, 0), stack({x, w}, 0), x.flatten(0, 0), x.transpose(0, 0), x.view({0});
}
