// must not compile: no match for|no viable overloaded
#include <cresset/cresset.h>

using namespace cresset;

// Rebinding would leave optimisers and copies with the old parameter: copy_, set_data, or nn::Parameter(x).
void rebind(nn::Linear& fc, const Tensor& x) { fc.weight = x; }
