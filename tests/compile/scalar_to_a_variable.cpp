// must not compile: discards qualifiers|no viable overloaded .=.
// In Python `x = 0` makes x a number; here it would be either that or a fill: so it is neither.
#include <cresset/cresset.h>

void assign(cresset::Tensor& x) { x = 0; }
