// What a program is told of CUDA: "available", or the reason why no device can be used, which a tensor on one throws,
// too.
#include <cresset/cresset.h>
#include <cresset/cuda.h>

#include <cstdio>
#include <string>
using namespace cresset;

int main() {
  if (cuda::is_available()) {
    std::printf("available%s\n", cuda::is_simulated() ? " (simulated)" : "");
    return (ones({3}, {.device = Device("cuda")}) + 1).sum().item() == 6 ? 0 : 1;
  }
  std::printf("%s\n", cuda::unavailable_reason().c_str());
  if (cuda::device_count() != 0) return 1;
  try {
    zeros({3}, {.device = Device("cuda")});
    return 1;
  } catch (const DeviceError& error) {
    return error.what() == "cuda:0: " + cuda::unavailable_reason() ? 0 : 1;
  }
}
