// What the tests of CUDA's host side share. They are skipped where there is no device; in a build with CRESSET_CUDA=SIM
// they run on the simulator.
#pragma once

#include <cresset/cresset.h>
#include <cresset/cuda.h>
#include <gtest/gtest.h>

namespace cresset::test {

inline const Device kCuda(DeviceType::cuda);

class CudaTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::is_available()) GTEST_SKIP() << cuda::unavailable_reason();
    cuda::synchronize();
  }
};

}  // namespace cresset::test
