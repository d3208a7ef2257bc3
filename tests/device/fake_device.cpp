#include "device/fake_device.h"

#include <cresset/extension.h>

#include <cstdlib>
#include <cstring>
#include <map>

#include "core/check.h"
#include "core/device_functions.h"

namespace cresset::test {
namespace {

// Addresses of the device are no addresses of the host: whoever reads one crashes.
constexpr std::uintptr_t kFar = std::uintptr_t{1} << 60;
void* far(void* p) { return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(p) + kFar); }
template <class T>
T* near(T* p) {
  if (!p) return p;
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  check<BackendError>(address > kFar, "a kernel was given an address of the host");
  return reinterpret_cast<T*>(address - kFar);
}

std::map<void*, std::int64_t> blocks;
FakeCounts counts{};
std::int64_t limit = 0, held = 0;
std::int64_t waits = 0;
bool busy = false;
int streams = 0;

void* stream_of(int device, int number) { return reinterpret_cast<void*>(std::intptr_t{1000} * (device + 1) + number); }

void* allocate(int device, void*, std::size_t bytes) {
  const auto size = static_cast<std::int64_t>(bytes);
  check<OutOfMemoryError>(limit == 0 || held + size <= limit,
                          "cuda:{}: cannot allocate {} bytes: {} are held, the limit is {}", device, size, held, limit);
  void* p = std::malloc(bytes);
  std::memset(p, 0xff, bytes);
  blocks[p] = size;
  held += size;
  ++counts.live_blocks;
  return far(p);
}
void release(int, void*, void* data, std::size_t bytes) noexcept {
  void* p = near(data);
  if (blocks.erase(p) != 1) std::abort();
  held -= static_cast<std::int64_t>(bytes);
  --counts.live_blocks;
  std::free(p);
}

void copy(const ByteCopy& c) {
  std::memcpy(c.to_device < 0 ? c.to : near(c.to), c.from_device < 0 ? c.from : near(c.from), c.bytes);
  ++counts.copies;
  if (!c.non_blocking && (c.to_device < 0 || c.from_device < 0)) {
    ++counts.blocking_copies;
    ++waits;
  }
}

constexpr DeviceFunctions kFunctions = {
    .simulated = false,
    .device_count = [] { return 2; },
    .properties =
        [](int device, cuda::DeviceProperties& out) {
          std::snprintf(out.name, sizeof out.name, "fake %d", device);
          out.major = 8;
        },
    .enter = [](int device) { return stream_of(device, 0); },
    .allocate = allocate,
    .release = release,
    .record_use = [](int, void*, void*) {},
    .allocate_pinned = [](std::size_t bytes) { return ++counts.pinned_blocks, std::malloc(bytes); },
    .release_pinned = [](void* data) noexcept { --counts.pinned_blocks, std::free(data); },
    .copy = copy,
    .synchronize_device = [](int) { ++waits; },
    .synchronize_stream = [](int, void*) { ++waits; },
    .synchronizations = []() noexcept { return waits; },
    .new_stream = [](int device) { return stream_of(device, ++streams); },
    .stream_done = [](int, void*) { return true; },
    .new_event = [](int, bool) { return std::malloc(1); },
    .destroy_event = [](int, void* event) noexcept { std::free(event); },
    .record_event = [](int, void*, void*) {},
    .wait_event = [](int, void*, void*) {},
    .event_done = [](int, void*) { return !busy; },
    .synchronize_event = [](int, void*) { ++waits; },
    .milliseconds_between = [](int, void*, void*) { return 0.0F; },
    // Nothing is recorded, so that nothing is replayed.
    .begin_capture = [](int device, void*& stream) { return stream = stream_of(device, ++streams); },
    .end_capture = [](void*) {},
    .replay = [](void*, void*) {},
    .destroy_graph = [](void*) noexcept {},
    .memory_stats = [](int, cuda::MemoryStats& out) { out.allocated = held; },
    .reset_peak_memory_stats = [](int) {},
    .empty_cache = [](int) {},
    .set_memory_limit = [](int, std::int64_t bytes) { limit = bytes; },
    .libraries = [](std::vector<cuda::LibraryInfo>&) {},
    .cudnn_engine = [] { return std::string(); },
};

const void* operand(const void* p, bool on_host) { return on_host ? p : near(p); }

}  // namespace

void use_fake_device() {
  use_device_functions(kFunctions);
  constexpr DeviceType kCuda = DeviceType::cuda;
  register_kernel<Copy>(kCuda, {"fake", nullptr, [](const CopyProblem& p, const Context&, const void* x, void* y) {
                                  run<Copy>(DeviceType::cpu, p, operand(x, p.x_on_host), near(y));
                                }});
  register_kernel<Unary>(kCuda, {"fake", nullptr, [](const UnaryProblem& p, const Context&, const void* x, void* y) {
                                   run<Unary>(DeviceType::cpu, p, near(x), near(y));
                                 }});
  register_kernel<Binary>(
      kCuda, {"fake", nullptr, [](const BinaryProblem& p, const Context&, const void* a, const void* b, void* y) {
                run<Binary>(DeviceType::cpu, p, operand(a, p.a_on_host), operand(b, p.b_on_host), near(y));
              }});
  register_kernel<Where>(
      kCuda, {"fake", nullptr,
              [](const WhereProblem& p, const Context&, const bool* condition, const void* a, const void* b, void* y) {
                run<Where>(DeviceType::cpu, p, static_cast<const bool*>(near(condition)), operand(a, p.a_on_host),
                           operand(b, p.b_on_host), near(y));
              }});
  register_kernel<Reduce>(
      kCuda, {"fake", nullptr, [](const ReduceProblem& p, const Context&, const void* x, void* y, std::int64_t* i) {
                run<Reduce>(DeviceType::cpu, p, near(x), near(y), near(i));
              }});
  register_kernel<Random>(kCuda, {"fake", nullptr, [](const RandomProblem& p, const Context&, void* y) {
                                    run<Random>(DeviceType::cpu, p, near(y));
                                  }});
  register_kernel<Matmul>(
      kCuda, {"fake", nullptr,
              [](const MatmulProblem& p, const Context&, const void* a, const void* b, const void* bias, void* c) {
                run<Matmul>(DeviceType::cpu, p, near(a), near(b), near(bias), near(c));
              }});
  register_kernel<SgdStep>(
      kCuda, {"fake", nullptr, [](const SgdProblem& p, const Context&, const OptimizerTensor* tensors, std::int64_t n) {
                std::vector<OptimizerTensor> at(tensors, tensors + n);
                for (OptimizerTensor& t : at) {
                  t.param = near(t.param), t.grad = near(t.grad);
                  for (void*& state : t.state) state = near(state);
                }
                run<SgdStep>(DeviceType::cpu, p, static_cast<const OptimizerTensor*>(at.data()), n);
              }});
}

FakeCounts fake_counts() { return counts; }
void set_fake_memory(std::int64_t bytes) { limit = bytes; }
void set_fake_busy(bool value) { busy = value; }

}  // namespace cresset::test
