// Streams and events: what is asked for late runs late, in an order that is allowed.
#include <algorithm>
#include <set>

#include "simulator.h"

namespace cresset::kernels {
namespace {

using StreamTest = Simulator;

__global__ void append_number(int* list, int number) { list[1 + list[0]++] = number; }
__global__ void add_one(const int* from, int* to) { *to = *from + 1; }

cudaStream_t make_stream(unsigned flags = cudaStreamNonBlocking) {
  cudaStream_t stream = nullptr;
  EXPECT_EQ(cudaStreamCreateWithFlags(&stream, flags), cudaSuccess);
  return stream;
}

cudaEvent_t make_event() {
  cudaEvent_t event = nullptr;
  EXPECT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  return event;
}

TEST_F(StreamTest, OneStreamKeepsItsOrder) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    start_with_seed(seed);
    const cudaStream_t stream = make_stream();
    int* list = device_array(std::vector<int>(32));
    ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(launch<append_number>({.grid = 1, .block = 1, .stream = stream}, list, i), cudaSuccess);
    }
    ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    const auto got = host_copy(list, 21);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(got[static_cast<size_t>(i) + 1], i);
  }
}

TEST_F(StreamTest, WorkRunsWhenSomebodyWaitsAndStreamsMix) {
  std::set<std::vector<int>> orders;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    start_with_seed(seed);
    const cudaStream_t streams[] = {make_stream(), make_stream(), make_stream()};
    void* host = nullptr;
    ASSERT_EQ(cudaHostAlloc(&host, 64, cudaHostAllocDefault), cudaSuccess);
    auto* list = static_cast<int*>(host);
    std::fill(list, list + 16, 0);
    for (int i = 0; i < 9; ++i) {
      ASSERT_EQ(launch<append_number>({.grid = 1, .block = 1, .stream = streams[i % 3]}, list, i), cudaSuccess);
    }
    EXPECT_EQ(list[0], 0) << "nothing runs before it is waited for";
    ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    EXPECT_EQ(list[0], 9);
    orders.insert(std::vector<int>(list + 1, list + 10));
    ASSERT_EQ(cudaFreeHost(host), cudaSuccess);
  }
  EXPECT_GT(orders.size(), 10u);
}

TEST_F(StreamTest, EventsOrderStreams) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    start_with_seed(seed);
    const cudaStream_t first = make_stream(), second = make_stream();
    const cudaEvent_t event = make_event(), back = make_event();
    int* values = device_array(std::vector<int>(8));
    ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    for (int i = 0; i < 6; ++i) {
      const bool even = i % 2 == 0;
      const cudaStream_t stream = even ? first : second;
      ASSERT_EQ(cudaStreamWaitEvent(stream, even ? back : event, 0), cudaSuccess);
      ASSERT_EQ(launch<add_one>({.grid = 1, .block = 1, .stream = stream}, values + i, values + i + 1), cudaSuccess);
      ASSERT_EQ(cudaEventRecord(even ? event : back, stream), cudaSuccess);
    }
    ASSERT_EQ(cudaEventSynchronize(back), cudaSuccess);
    EXPECT_EQ(host_copy(values, 7)[6], 6);
    EXPECT_EQ(reports(), "");
  }
}

TEST_F(StreamTest, AnEventStandsForWhatWasRecordedLast) {
  const cudaStream_t stream = make_stream();
  const cudaEvent_t event = make_event();
  EXPECT_EQ(cudaEventQuery(event), cudaSuccess);
  int* list = device_array(std::vector<int>(8));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(launch<append_number>({.grid = 1, .block = 1, .stream = stream}, list, i), cudaSuccess);
    ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
  }
  int asked = 0;
  while (cudaEventQuery(event) == cudaErrorNotReady) ++asked;
  EXPECT_GT(asked, 0);
  EXPECT_EQ(host_copy(list, 4)[0], 3);
}

TEST_F(StreamTest, ADestroyedEventIsNoEvent) {
  const cudaEvent_t event = make_event();
  ASSERT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaEventRecord(event, nullptr), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventDestroy(event), cudaErrorInvalidResourceHandle);
}

TEST_F(StreamTest, TheLegacyStreamWaitsForBlockingStreamsAndTheyForIt) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    start_with_seed(seed);
    const cudaStream_t first = make_stream(cudaStreamDefault), second = make_stream(cudaStreamDefault);
    int* list = device_array(std::vector<int>(8));
    ASSERT_EQ(launch<append_number>({.grid = 1, .block = 1, .stream = first}, list, 0), cudaSuccess);
    ASSERT_EQ(launch<append_number>({.grid = 1, .block = 1}, list, 1), cudaSuccess);
    ASSERT_EQ(launch<append_number>({.grid = 1, .block = 1, .stream = second}, list, 2), cudaSuccess);
    EXPECT_EQ(host_copy(list, 4), (std::vector<int>{3, 0, 1, 2}));
    EXPECT_EQ(reports(), "");
  }
}

TEST_F(StreamTest, PinnedMemoryIsReadLateAndPageableAtOnce) {
  const cudaStream_t stream = make_stream();
  void* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, sizeof(int), cudaHostAllocDefault), cudaSuccess);
  auto* late = static_cast<int*>(pinned);
  int* device = device_array(std::vector<int>(2));
  int at_once = 1;
  *late = 1;
  ASSERT_EQ(cudaMemcpyAsync(device, &at_once, sizeof(int), cudaMemcpyHostToDevice, stream), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(device + 1, late, sizeof(int), cudaMemcpyHostToDevice, stream), cudaSuccess);
  at_once = *late = 2;
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(host_copy(device, 2), (std::vector<int>{1, 2}));
  ASSERT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST_F(StreamTest, SynchronisationsAreCounted) {
  const cudaStream_t stream = make_stream();
  int* device = device_array(std::vector<int>(2));
  int value = 0;
  const size_t before = cudasim::counters().synchronisations;
  ASSERT_EQ(launch<append_number>({.grid = 1, .block = 1, .stream = stream}, device, 0), cudaSuccess);
  ASSERT_EQ(cudaMemsetAsync(device, 0, 4, stream), cudaSuccess);
  EXPECT_EQ(cudasim::counters().synchronisations, before);
  ASSERT_EQ(cudaMemcpyAsync(&value, device, 4, cudaMemcpyDeviceToHost, stream), cudaSuccess);
  EXPECT_EQ(cudasim::counters().synchronisations, before + 1) << "a copy to pageable memory waits";
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(cudasim::counters().synchronisations, before + 3);
  ASSERT_EQ(cudaFree(device), cudaSuccess);
  EXPECT_EQ(cudasim::counters().synchronisations, before + 4) << "cudaFree waits";
}

TEST_F(StreamTest, ADestroyedStreamFinishesItsWork) {
  const cudaStream_t stream = make_stream();
  int* list = device_array(std::vector<int>(4));
  ASSERT_EQ(launch<append_number>({.grid = 1, .block = 1, .stream = stream}, list, 5), cudaSuccess);
  ASSERT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(launch<append_number>({.grid = 1, .block = 1, .stream = stream}, list, 6), cudaErrorInvalidResourceHandle);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(host_copy(list, 2), (std::vector<int>{1, 5}));
}

TEST_F(StreamTest, HostFunctionsRunInTheirPlace) {
  const cudaStream_t stream = make_stream();
  int calls = 0;
  ASSERT_EQ(cudaLaunchHostFunc(
                stream, [](void* data) { ++*static_cast<int*>(data); }, &calls),
            cudaSuccess);
  EXPECT_EQ(calls, 0);
  ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace cresset::kernels
