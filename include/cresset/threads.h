// The threads that compute.
#pragma once

#include <cresset/export.h>

namespace cresset {

// Sets how many threads compute, the calling one included, for the whole process; at least 1 (ValueError otherwise).
// The default is the number of cores that this process may use. Results do not depend on it.
CRESSET_API void set_num_threads(int count);
CRESSET_API int get_num_threads();

}  // namespace cresset
