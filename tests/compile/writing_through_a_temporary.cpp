// compiles
// Python's `x[0] = y`, `x[0:3, 1] = 0`, `x[0] -= y`.
#include <cresset/cresset.h>
using namespace cresset;

void write(const Tensor& x, const Tensor& y) {
  x[0] = y;
  x[0] = 1;
  x.index({Slice(0, 3), 1}) = 0;
  x.index({Slice(0, 3), 1}) = y;
  x[0] -= y;
  x[0] *= 2;
}
