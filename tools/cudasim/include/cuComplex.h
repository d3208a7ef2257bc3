// Stand-in for CUDA's header of this name: its types, for the headers of CUDA's libraries.
#pragma once

#include "vector_types.h"

using cuFloatComplex = float2;
using cuComplex = cuFloatComplex;
using cuDoubleComplex = double2;
