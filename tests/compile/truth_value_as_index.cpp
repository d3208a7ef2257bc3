// must not compile: deleted
#include <cresset/cresset.h>

cresset::Tensor pick(const cresset::Tensor& x) { return x.index({true}); }
