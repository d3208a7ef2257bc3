// Stand-in for CUDA's header of this name: types and host functions.
#pragma once

#include "cudasim/qualifiers.h"
#include "cudasim/runtime_api.h"
