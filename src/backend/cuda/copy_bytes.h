#pragma once

#include "core/device_functions.h"

namespace cresset::cuda::backend {

void copy_bytes(const ByteCopy& copy);

}  // namespace cresset::cuda::backend
