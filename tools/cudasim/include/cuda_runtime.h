// Stand-in for CUDA's header of this name: host functions, and what kernels use.
#pragma once

#include "cuda_runtime_api.h"
#include "cudasim/atomics.h"
#include "cudasim/collectives.h"
#include "cudasim/intrinsics.h"
#include "cudasim/launch.h"
#include "vector_functions.h"
