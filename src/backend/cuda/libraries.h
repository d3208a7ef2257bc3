// What is said of NVIDIA's libraries (`cresset info`).
#pragma once

#include <cresset/cudnn.h>

#include <vector>

namespace cresset::cuda::backend {

void list_libraries(std::vector<LibraryInfo>& out);
std::string last_cudnn_engine();  // of the calling thread

}  // namespace cresset::cuda::backend
