// What the simulator's tests share.
#pragma once

#include <cuda_runtime.h>
#include <cudasim.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/launch.cuh"
#include "common/shared.cuh"

namespace cresset::kernels {

/// Each test starts with a fresh simulator and reads its reports in peace.
class Simulator : public testing::Test {
 protected:
  Simulator() {
    cudasim::print_reports(false);
    start({});
  }
  ~Simulator() override { start({}); }

  static void start(const cudasim::Settings& settings) {
    cudasim::reset(settings);
    cudasim::take_reports();
  }
  static void start_with_seed(unsigned seed) {
    cudasim::Settings settings;
    settings.seed = seed;
    start(settings);
  }
};

/// The reports so far, one a line.
inline std::string reports() {
  std::string all;
  for (const std::string& report : cudasim::take_reports()) all += report + "\n";
  return all;
}

template <class T>
T* device_array(const std::vector<T>& values) {
  void* pointer = nullptr;
  EXPECT_EQ(cudaMalloc(&pointer, values.size() * sizeof(T)), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(pointer, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), cudaSuccess);
  return static_cast<T*>(pointer);
}

template <class T>
std::vector<T> host_copy(const T* pointer, size_t count) {
  std::vector<T> values(count);
  EXPECT_EQ(cudaMemcpy(values.data(), pointer, count * sizeof(T), cudaMemcpyDeviceToHost), cudaSuccess);
  return values;
}

}  // namespace cresset::kernels
