// The order of a plan on its stream, its memory, and what is refused.
#include "interpreter.h"
#include "operations.h"

namespace cudasim_test {
namespace {

TEST_F(Cudnn, WaitsForItsStreamAndIsCaptured) {
  const Plan plan = forward_plan({{1, 1, 1, 2}, {1, 1, 1, 1}, {1, 1, 1, 2}});
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(functions().set_stream(handle_, stream), CUDNN_STATUS_SUCCESS);
  float *x = device_array<float>({1, 2}), *w = device_array<float>({10}), *y = device_array<float>({-1, -1});
  void* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, 8, cudaHostAllocDefault), cudaSuccess);
  auto* late = static_cast<float*>(pinned);
  late[0] = 3;
  late[1] = 4;
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(x, late, 8, cudaMemcpyHostToDevice, stream), cudaSuccess);
  ASSERT_EQ(execute(plan, {1, 2, 3}, {x, w, y}), CUDNN_STATUS_SUCCESS) << reports();
  ASSERT_EQ(cudaMemcpyAsync(late, y, 8, cudaMemcpyDeviceToHost, stream), cudaSuccess);
  EXPECT_EQ(late[0], 3) << "nothing runs before it is waited for";
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(Floats(late, late + 2), (Floats{30, 40}));

  cudaGraph_t graph = nullptr;
  cudaGraphExec_t replay = nullptr;
  ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  ASSERT_EQ(execute(plan, {1, 2, 3}, {x, w, y}), CUDNN_STATUS_SUCCESS) << reports();
  ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  ASSERT_EQ(cudaGraphInstantiate(&replay, graph, 0), cudaSuccess);
  ASSERT_EQ(cudaMemset(x, 0, 8), cudaSuccess);
  EXPECT_EQ(host_copy(y, 2), (Floats{30, 40}));
  ASSERT_EQ(cudaGraphLaunch(replay, stream), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(host_copy(y, 2), (Floats{0, 0}));
  EXPECT_EQ(reports(), "");
}

TEST_F(Cudnn, WrongMemoryIsReportedAsAKernelsIs) {
  const Plan plan = forward_plan({{1, 1, 1, 2}, {1, 1, 1, 1}, {1, 1, 1, 2}});
  const auto arrays = [] {
    return std::vector<void*>{device_array<float>({1, 2}), device_array<float>({1}), device_array<float>({1, 2})};
  };
  const auto report_of = [&](const std::vector<void*>& pointers) {
    EXPECT_EQ(execute(plan, {1, 2, 3}, pointers), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    const std::string all = reports();
    cudasim::reset({});
    EXPECT_EQ(functions().destroy(handle_), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(functions().create(&handle_), CUDNN_STATUS_SUCCESS);
    return all;
  };
  std::vector<void*> pointers = arrays();
  pointers[2] = device_array<float>({1});
  EXPECT_NE(report_of(pointers).find("out of bounds: cuDNN's convolution: tensor 3 is bytes 0 to 8"),
            std::string::npos);
  float host[2];
  pointers = arrays();
  pointers[0] = host;
  EXPECT_NE(report_of(pointers).find("illegal address: cuDNN's convolution: tensor 1"), std::string::npos);
  pointers = arrays();
  EXPECT_EQ(cudaFree(pointers[1]), cudaSuccess);
  EXPECT_NE(report_of(pointers).find("use after free: cuDNN's convolution: tensor 2"), std::string::npos);
}

TEST_F(Cudnn, WhatDoesNotFitIsRefused) {
  const Plan plan = forward_plan({{1, 1, 1, 2}, {1, 1, 1, 1}, {1, 1, 1, 2}});
  float *x = device_array<float>({1, 2, 3}), *w = device_array<float>({1}), *y = device_array<float>({1, 2});
  EXPECT_EQ(execute(plan, {1, 2}, {x, w}), CUDNN_STATUS_BAD_PARAM);
  EXPECT_NE(reports().find("no pointer for tensor 3"), std::string::npos);
  EXPECT_EQ(execute(plan, {1, 2, 4}, {x, w, y}), CUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(execute(plan, {1, 2, 3}, {reinterpret_cast<char*>(x) + 2, w, y}), CUDNN_STATUS_BAD_PARAM);
  EXPECT_NE(reports().find("misaligned address"), std::string::npos);
  EXPECT_EQ(execute(plan, {1, 2, 3}, {x, w, x + 1}), CUDNN_STATUS_BAD_PARAM);
  EXPECT_NE(reports().find("tensor 3 is written and lies over tensor 1"), std::string::npos);
  EXPECT_EQ(functions().execute(nullptr, plan.raw(), plan.raw()), CUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(functions().execute(handle_, plan.raw(), plan.raw()), CUDNN_STATUS_BAD_PARAM);
  // What the simulator does not know is an error, not a guess.
  const Sizes xs{1, 4, 1, 1};
  const Descriptor in = tensor(1, kFloat, xs, channels_last(xs)), out = tensor(2, kFloat, xs, channels_last(xs));
  const Descriptor swish = pointwise_operation(CUDNN_POINTWISE_SWISH_FWD, in, nullptr, out);
  const Plan unknown({&swish});
  reports();
  EXPECT_EQ(execute(unknown, {1, 2}, {x, y}), CUDNN_STATUS_NOT_SUPPORTED);
  EXPECT_NE(reports().find("the simulator does not know pointwise: CUDNN_POINTWISE_SWISH_FWD"), std::string::npos);
}

TEST_F(Cudnn, TheWorkspaceMustBeThereAndIsOverwritten) {
  // Most engines of a gradient ask for one.
  const Sizes xs{2, 8, 8, 8}, ws{16, 8, 3, 3}, ys{2, 16, 6, 6};
  const Descriptor x = tensor(1, kFloat, xs, channels_last(xs)), w = tensor(2, kFloat, ws, channels_last(ws));
  const Descriptor y = tensor(3, kFloat, ys, channels_last(ys)), options = convolution({});
  const Descriptor data = backward_data_operation(x, w, y, options);
  const Plan plan({&data});
  const auto size = static_cast<std::size_t>(plan.workspace_size());
  if (size == 0) GTEST_SKIP() << "this cuDNN's engine needs none";
  const std::vector<void*> pointers{device_array(Floats(1024)), device_array(Floats(1152)), device_array(Floats(1152))};
  const Descriptor none = variant_pack({1, 2, 3}, pointers, nullptr);
  EXPECT_EQ(functions().execute(handle_, plan.raw(), none.raw()), CUDNN_STATUS_BAD_PARAM);
  auto* workspace = device_array(std::vector<unsigned char>(size));
  const Descriptor enough = variant_pack({1, 2, 3}, pointers, workspace);
  EXPECT_EQ(functions().execute(handle_, plan.raw(), enough.raw()), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(workspace, size), std::vector<unsigned char>(size, 0xff));
  reports();
  void* little = nullptr;
  ASSERT_EQ(cudaMalloc(&little, size - 1), cudaSuccess);
  const Descriptor too_little = variant_pack({1, 2, 3}, pointers, little);
  EXPECT_EQ(functions().execute(handle_, plan.raw(), too_little.raw()), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_NE(reports().find("out of bounds: cuDNN's convolution_backward_data: the workspace"), std::string::npos);
}

}  // namespace
}  // namespace cudasim_test
