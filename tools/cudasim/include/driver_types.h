// Stand-in for CUDA's header of this name: types of the runtime, for the headers of CUDA's libraries.
#pragma once

#include "cudasim/runtime_types.h"
