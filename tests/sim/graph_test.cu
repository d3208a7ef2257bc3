// Capture of streams into graphs, and replays.
#include "simulator.h"

namespace cresset::kernels {
namespace {

__global__ void add(int* value, int number) { *value += number; }
__global__ void copy_sum(const int* a, const int* b, int* out) { *out = *a + *b; }
__global__ void touch(int* scratch, int* out) {
  const int fresh = scratch[0];
  scratch[0] = 3;
  *out = fresh == -1 ? *out + scratch[0] : -1000;
}

class GraphTest : public Simulator {
 protected:
  void begin(cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal) {
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
    ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    ASSERT_EQ(cudaStreamBeginCapture(stream, mode), cudaSuccess);
  }
  void end() {
    cudaGraph_t graph = nullptr;
    ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    ASSERT_EQ(cudaGraphInstantiate(&executable, graph), cudaSuccess);
    ASSERT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  }
  void replay() { ASSERT_EQ(cudaGraphLaunch(executable, stream), cudaSuccess); }

  cudaStream_t stream = nullptr, other = nullptr;
  cudaEvent_t event = nullptr;
  cudaGraphExec_t executable = nullptr;
};

TEST_F(GraphTest, WhatIsCapturedRunsAtEachReplayAndNotBefore) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    start_with_seed(seed);
    int* value = device_array(std::vector<int>(1));
    begin();
    for (int i = 1; i <= 3; ++i)
      ASSERT_EQ(launch<add>({.grid = 1, .block = 1, .stream = stream}, value, i), cudaSuccess);
    end();
    ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_EQ(host_copy(value, 1)[0], 0);
    replay();
    replay();
    ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_EQ(host_copy(value, 1)[0], 12);
    ASSERT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  }
}

TEST_F(GraphTest, EventsBranchAndJoin) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    start_with_seed(seed);
    int* values = device_array(std::vector<int>{0, 0, 0});
    begin();
    ASSERT_EQ(launch<add>({.grid = 1, .block = 1, .stream = stream}, values, 1), cudaSuccess);
    ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
    ASSERT_EQ(cudaStreamWaitEvent(other, event, 0), cudaSuccess);
    ASSERT_EQ(launch<add>({.grid = 1, .block = 1, .stream = other}, values + 1, 10), cudaSuccess);
    ASSERT_EQ(launch<add>({.grid = 1, .block = 1, .stream = stream}, values, 2), cudaSuccess);
    ASSERT_EQ(cudaEventRecord(event, other), cudaSuccess);
    ASSERT_EQ(cudaStreamWaitEvent(stream, event, 0), cudaSuccess);
    ASSERT_EQ(launch<copy_sum>({.grid = 1, .block = 1, .stream = stream}, values, values + 1, values + 2), cudaSuccess);
    end();
    replay();
    ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_EQ(host_copy(values, 3)[2], 13);
    cudaStreamCaptureStatus status{};
    ASSERT_EQ(cudaStreamIsCapturing(other, &status), cudaSuccess);
    EXPECT_EQ(status, cudaStreamCaptureStatusNone);
    ASSERT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  }
}

TEST_F(GraphTest, ItsMemoryKeepsItsAddressAndIsFreshAtEachReplay) {
  int* out = device_array(std::vector<int>(1));
  begin();
  void* scratch = nullptr;
  ASSERT_EQ(cudaMallocAsync(&scratch, 64, stream), cudaSuccess);
  ASSERT_EQ(launch<touch>({.grid = 1, .block = 1, .stream = stream}, static_cast<int*>(scratch), out), cudaSuccess);
  ASSERT_EQ(cudaFreeAsync(scratch, stream), cudaSuccess);
  end();
  for (int i = 1; i <= 3; ++i) {
    replay();
    ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_EQ(host_copy(out, 1)[0], 3 * i);
  }
  const size_t alive = cudasim::counters().allocations;
  ASSERT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  EXPECT_EQ(cudasim::counters().allocations, alive - 1);
  EXPECT_EQ(reports(), "");
}

TEST_F(GraphTest, AReplayReadsPinnedMemoryAnew) {
  void* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, sizeof(int), cudaHostAllocDefault), cudaSuccess);
  auto* rate = static_cast<int*>(pinned);
  int* value = device_array(std::vector<int>(1));
  begin();
  ASSERT_EQ(cudaMemcpyAsync(value, rate, sizeof(int), cudaMemcpyHostToDevice, stream), cudaSuccess);
  end();
  for (const int next : {5, 8}) {
    *rate = next;
    replay();
    ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_EQ(host_copy(value, 1)[0], next);
  }
  ASSERT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
}

TEST_F(GraphTest, CallsThatWaitEndACapture) {
  int value = 0;
  cudaGraph_t graph = nullptr;
  begin();
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
  begin();
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 4), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
  begin(cudaStreamCaptureModeRelaxed);
  EXPECT_EQ(cudaMalloc(&memory, 4), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(memory, &value, 4, cudaMemcpyHostToDevice, stream), cudaSuccess);
  end();
  ASSERT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
}

TEST_F(GraphTest, WhatIsNotJoinedIsAnError) {
  int* value = device_array(std::vector<int>(1));
  begin();
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(other, event, 0), cudaSuccess);
  ASSERT_EQ(launch<add>({.grid = 1, .block = 1, .stream = other}, value, 1), cudaSuccess);
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(other, &graph), cudaErrorStreamCaptureUnmatched);
  EXPECT_EQ(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
  begin();
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(other, event, 0), cudaSuccess);
  ASSERT_EQ(launch<add>({.grid = 1, .block = 1, .stream = other}, value, 1), cudaSuccess);
  EXPECT_EQ(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureUnjoined);
  begin();
  ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event), cudaErrorCapturedEvent);
  EXPECT_EQ(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
}

}  // namespace
}  // namespace cresset::kernels
