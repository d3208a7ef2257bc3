// Naming devices, and what a machine without one says. On a machine with one, tests/device and the op table go further.
#include <cresset/creation.h>
#include <cresset/cuda.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/message.h"

namespace cresset::test {
namespace {

using testing::HasSubstr;

TEST(Device, IsReadFromText) {
  EXPECT_EQ(Device("cuda"), Device(DeviceType::cuda, 0));
  EXPECT_EQ(Device("cuda:3").index, 3);
  EXPECT_EQ(Device("cuda:3").str(), "cuda:3");
  EXPECT_EQ(Device("cpu").str(), "cpu");
  for (const char* text : {"cuda:", "cuda:-1", "cuda:128", "cuda:1x", "cpu:1", "gpu", "", "cud"})
    EXPECT_THROW(Device{text}, ValueError) << text;
}

TEST(Device, SaysWhatIsMissing) {
  if (cuda::is_available()) GTEST_SKIP() << "there is a device";
  const std::string reason = cuda::unavailable_reason();
  EXPECT_THAT(reason, testing::AnyOf(HasSubstr("nstall"), HasSubstr("CUDA_VISIBLE_DEVICES")));
  EXPECT_EQ(cuda::device_count(), 0);
  EXPECT_FALSE(cuda::is_simulated());
  EXPECT_EQ(cuda::synchronization_count(), 0);
  EXPECT_EQ(message_of<DeviceError>([] { zeros({2}, {.device = "cuda"}); }), "cuda:0: " + reason);
  EXPECT_EQ(message_of<DeviceError>([] { ones({2}).to("cuda:1"); }), "cuda:1: " + reason);
  EXPECT_EQ(message_of<DeviceError>([] { cuda::synchronize(); }), "cuda:0: " + reason);
  EXPECT_EQ(message_of<DeviceError>([] { ones({2}).pin_memory(); }), "cuda: " + reason);
  EXPECT_EQ(message_of<DeviceError>([] { cuda::Stream stream; }), "cuda:0: " + reason);
  EXPECT_EQ(message_of<DeviceError>([] { cuda::get_device_properties("cpu"); }), "cpu is no CUDA device");
}

}  // namespace
}  // namespace cresset::test
