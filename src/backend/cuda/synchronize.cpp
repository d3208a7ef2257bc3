#include "backend/cuda/synchronize.h"

#include <array>
#include <atomic>
#include <deque>
#include <mutex>

#include "backend/cuda/memory.h"
#include "common/error_word.h"

namespace cresset::cuda::backend {

using kernels::ErrorWord;

namespace {

std::atomic<std::int64_t> waits{0};

struct Reports {
  std::mutex mutex;
  ErrorWord* word = nullptr;
  std::atomic<bool> used{false};  // a kernel that may report was launched since the last look
};
Reports& reports_of(int device) {
  static auto* all = new std::array<Reports, 128>;
  return (*all)[static_cast<std::size_t>(device)];
}

struct Sites {
  std::mutex mutex;
  std::deque<std::string> formats;
};
Sites& sites() {
  static auto* s = new Sites;
  return *s;
}

std::string message_of(const ErrorWord& word) {
  Sites& s = sites();
  const std::scoped_lock lock(s.mutex);
  return fmt::format(fmt::runtime(s.formats.at(static_cast<std::size_t>(word.site) - 1)), word.value, word.limit,
                     word.position);
}

// A block of pinned memory for one wait.
class Mirror {
 public:
  Mirror() : word_(static_cast<ErrorWord*>(allocate_pinned(sizeof(ErrorWord)))) {}
  ~Mirror() { release_pinned(word_); }
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;
  ErrorWord* get() const { return word_; }

 private:
  ErrorWord* word_;
};

// wait() is given a chance to wait for a copy of the word, too.
template <class Wait>
void wait_and_look(int device, cudaStream_t stream, Wait wait) {
  activate(device);
  ++waits;
  Reports& reports = reports_of(device);
  if (!reports.used.exchange(false)) return wait();
  const Mirror mirror;
  try {
    check_cuda(cudaMemcpyAsync(mirror.get(), reports.word, sizeof(ErrorWord), cudaMemcpyDeviceToHost, stream),
               "reading what kernels reported");
    wait();
  } catch (...) {
    reports.used = true;
    throw;
  }
  const ErrorWord found = *mirror.get();
  if (found.site == 0) return;
  check_cuda(cudaMemsetAsync(reports.word, 0, sizeof(ErrorWord), stream), "clearing what kernels reported");
  fail<IndexError>("{}", message_of(found));
}

}  // namespace

void synchronize_stream(int device, void* stream) {
  wait_and_look(device, stream_of(stream),
                [stream] { check_cuda(cudaStreamSynchronize(stream_of(stream)), "waiting for a stream"); });
}
void synchronize_device(int device) {
  wait_and_look(device, default_stream(device), [] { check_cuda(cudaDeviceSynchronize(), "waiting for the device"); });
}
void synchronize_event(int device, void* event) {
  activate(device);
  ++waits;
  check_cuda(cudaEventSynchronize(static_cast<cudaEvent_t>(event)), "waiting for an event");
}
std::int64_t synchronizations() noexcept { return waits; }

ErrorWord* error_word(int device) {
  Reports& reports = reports_of(device);
  reports.used = true;
  const std::scoped_lock lock(reports.mutex);
  if (!reports.word) {
    activate(device);
    void* word = nullptr;
    check_cuda(cudaMalloc(&word, sizeof(ErrorWord)), "cudaMalloc");
    check_cuda(cudaMemset(word, 0, sizeof(ErrorWord)), "cudaMemset");
    reports.word = static_cast<ErrorWord*>(word);
  }
  return reports.word;
}

int error_site(const char* format) {
  Sites& s = sites();
  const std::scoped_lock lock(s.mutex);
  s.formats.emplace_back(format);
  return static_cast<int>(s.formats.size());
}

}  // namespace cresset::cuda::backend
