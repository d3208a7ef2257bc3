// must not compile: could not convert|not contextually convertible|no viable conversion|cannot convert
#include <cresset/cresset.h>

int branch(const cresset::Tensor& x) {
  if (x == 3) return 1;
  return 0;
}
