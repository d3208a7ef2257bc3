// The fixture of the tests of cuDNN's plans: each executes real plans on the simulator and compares with results by
// hand, in small whole numbers.
#pragma once

#include <cuda_runtime.h>
#include <cudasim.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "plan.h"

namespace cudasim_test {

constexpr auto kFloat = CUDNN_DATA_FLOAT;
constexpr auto kBfloat = CUDNN_DATA_BFLOAT16;

template <class T>
T* device_array(const std::vector<T>& values) {
  void* pointer = nullptr;
  EXPECT_EQ(cudaMalloc(&pointer, values.size() * sizeof(T)), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(pointer, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), cudaSuccess);
  return static_cast<T*>(pointer);
}

template <class T>
std::vector<T> host_copy(const T* pointer, std::size_t count) {
  std::vector<T> values(count);
  EXPECT_EQ(cudaMemcpy(values.data(), pointer, count * sizeof(T), cudaMemcpyDeviceToHost), cudaSuccess);
  return values;
}

using Floats = std::vector<float>;

class Cudnn : public testing::Test {
 protected:
  void SetUp() override {
    if (!functions().missing.empty()) GTEST_SKIP() << functions().missing;
    cudasim::print_reports(false);
    cudasim::reset({});
    cudasim::take_reports();
    ASSERT_EQ(functions().create(&handle_), CUDNN_STATUS_SUCCESS);
  }
  void TearDown() override {
    if (handle_) functions().destroy(handle_);
    cudasim::reset({});
    cudasim::take_reports();
    cudasim::print_reports(true);
  }

  static std::string reports() {
    std::string all;
    for (const std::string& report : cudasim::take_reports()) all += report + "\n";
    return all;
  }

  cudnnStatus_t execute(const Plan& plan, const std::vector<std::int64_t>& ids, const std::vector<void*>& pointers) {
    void* workspace = nullptr;
    if (plan.workspace_size() > 0) {
      EXPECT_EQ(cudaMalloc(&workspace, static_cast<std::size_t>(plan.workspace_size())), cudaSuccess);
    }
    const Descriptor pack = variant_pack(ids, pointers, workspace);
    return functions().execute(handle_, plan.raw(), pack.raw());
  }

  cudnnHandle_t handle_ = nullptr;
};

}  // namespace cudasim_test
