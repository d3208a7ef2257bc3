// What a machine without a usable GPU is told: no driver, one that is too old, no device, a device for which the build
// holds no code. In the simulator, in processes of their own, since a process asks once.
#include <cresset/cresset.h>
#include <cresset/cuda.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "device_build.h"

namespace cresset::test {
namespace {

class CudaUnavailable : public testing::Test {
 protected:
  void SetUp() override {
    if (!kDeviceSimulated) GTEST_SKIP() << "no simulator";
    // A fork of this process would know its devices already.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
};

// Says on stderr what a tensor on the device throws, and ends the process.
[[noreturn]] void report_and_exit() {
  try {
    std::fprintf(stderr, "available: %d, devices: %d\n", cuda::is_available(), cuda::device_count());
    const Tensor x = ones({2}, {.device = Device("cuda")});
    std::fprintf(stderr, "sum: %g\n", (x + x).sum().item());
  } catch (const DeviceError& error) {
    std::fprintf(stderr, "DeviceError: %s\n", error.what());
  }
  std::exit(0);
}

// While it lives, processes that are started have the variable.
class With {
 public:
  With(const char* variable, const char* value) : variable_(variable) { setenv(variable, value, 1); }
  ~With() { unsetenv(variable_); }
  With(const With&) = delete;
  With& operator=(const With&) = delete;

 private:
  const char* variable_;
};

TEST_F(CudaUnavailable, AProcessLikeTheOthersHasADevice) {
  EXPECT_EXIT(report_and_exit(), testing::ExitedWithCode(0), "available: 1, devices: 1\n.*sum: 4");
}

TEST_F(CudaUnavailable, NoDriver) {
  const With with("CRESSET_SIM_DRIVER", "0");
  EXPECT_EXIT(report_and_exit(), testing::ExitedWithCode(0),
              "available: 0, devices: 0\n.*DeviceError: cuda:0: there is no NVIDIA driver \\(libcuda.so.1\\) on this "
              "machine: install one for CUDA 1[0-9]\\.[0-9] or newer");
}

TEST_F(CudaUnavailable, ADriverThatIsTooOld) {
  const With with("CRESSET_SIM_DRIVER", "11040");
  EXPECT_EXIT(report_and_exit(), testing::ExitedWithCode(0),
              "available: 0, devices: 0\n.*DeviceError: cuda:0: the NVIDIA driver is too old: it supports CUDA 11.4, "
              "this build needs CUDA 1[0-9]\\.[0-9]; install a newer driver");
}

TEST_F(CudaUnavailable, NoDevice) {
  const With with("CRESSET_SIM_DEVICES", "0");
  EXPECT_EXIT(report_and_exit(), testing::ExitedWithCode(0),
              "available: 0, devices: 0\n.*DeviceError: cuda:0: there is no CUDA device on this machine");
}

TEST_F(CudaUnavailable, NoCodeForTheDevice) {
  const With with("CRESSET_SIM_NO_CODE", "1");
  EXPECT_EXIT(report_and_exit(), testing::ExitedWithCode(0),
              "available: 1, devices: 1\n.*DeviceError: .*this build of cresset has no code for this GPU, of compute "
              "capability 80.*-DCMAKE_CUDA_ARCHITECTURES=80");
}

}  // namespace
}  // namespace cresset::test
