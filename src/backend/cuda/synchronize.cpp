#include "backend/cuda/synchronize.h"

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

#include "backend/cuda/graph.h"
#include "backend/cuda/memory.h"
#include "common/error_word.h"

namespace cresset::cuda::backend {

using kernels::ErrorWord;

namespace {

std::atomic<std::int64_t> waits{0};

struct Reports {
  std::mutex mutex;
  ErrorWord* word = nullptr;
  cudaStream_t stream = nullptr;
  std::atomic<bool> used{false};  // kernels that may report were launched since the device was last waited for
};
Reports& reports_of(int device) {
  static auto* all = new std::array<Reports, 128>;
  return (*all)[static_cast<std::size_t>(device)];
}

struct Site {
  const char* format;
  ReportKind kind;
};
struct Sites {
  std::mutex mutex;
  std::vector<Site> all;
};
Sites& sites() {
  static auto* s = new Sites;
  return *s;
}

[[noreturn]] void fail_with(const ErrorWord& word) {
  Sites& s = sites();
  Site site;
  {
    const std::scoped_lock lock(s.mutex);
    site = s.all.at(static_cast<std::size_t>(word.site) - 1);
  }
  const std::string message = fmt::format(fmt::runtime(site.format), word.value, word.limit, word.position);
  if (site.kind == ReportKind::value) fail<ValueError>("{}", message);
  fail<IndexError>("{}", message);
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

void wait_for(cudaStream_t stream) { check_cuda(cudaStreamSynchronize(stream), "waiting for a stream"); }

// Waits for the stream, and throws what was reported until then.
void wait_and_look(int device, cudaStream_t stream) {
  const Reports& reports = reports_of(device);
  const Mirror mirror;
  check_cuda(cudaMemcpyAsync(mirror.get(), reports.word, sizeof(ErrorWord), cudaMemcpyDeviceToHost, stream),
             "reading what kernels reported");
  wait_for(stream);
  const ErrorWord found = *mirror.get();
  if (found.site == 0) return;
  check_cuda(cudaMemsetAsync(reports.word, 0, sizeof(ErrorWord), stream), "clearing what kernels reported");
  wait_for(stream);  // kernels of any stream may report next
  fail_with(found);
}

// For looking at the word while streams have other work. Never destroyed.
cudaStream_t looking_stream(int device) {
  Reports& reports = reports_of(device);
  const std::scoped_lock lock(reports.mutex);
  if (!reports.stream)
    check_cuda(cudaStreamCreateWithFlags(&reports.stream, cudaStreamNonBlocking), "cudaStreamCreate");
  return reports.stream;
}

}  // namespace

void synchronize_stream(int device, void* stream) {
  activate(device);
  ++waits;
  // Kernels of other streams may report later: the word stays in use.
  if (!reports_of(device).used) return wait_for(stream_of(stream));
  wait_and_look(device, stream_of(stream));
}
void synchronize_device(int device) {
  activate(device);
  ++waits;
  const bool used = reports_of(device).used.exchange(false);
  try {
    check_cuda(cudaDeviceSynchronize(), "waiting for the device");
    if (used) wait_and_look(device, default_stream(device));
  } catch (...) {
    note_reports(device);
    throw;
  }
}
void synchronize_event(int device, void* event) {
  activate(device);
  ++waits;
  check_cuda(cudaEventSynchronize(static_cast<cudaEvent_t>(event)), "waiting for an event");
  if (reports_of(device).used) wait_and_look(device, looking_stream(device));
}
std::int64_t synchronizations() noexcept { return waits; }
void count_wait() noexcept { ++waits; }

void note_reports(int device) noexcept { reports_of(device).used = true; }

void make_error_word(int device, cudaStream_t stream) {
  void* word = nullptr;
  check_cuda(cudaMalloc(&word, sizeof(ErrorWord)), "cudaMalloc");
  check_cuda(cudaMemsetAsync(word, 0, sizeof(ErrorWord), stream), "cudaMemset");
  wait_for(stream);  // streams that nothing orders with this one use it
  reports_of(device).word = static_cast<ErrorWord*>(word);
}

ErrorWord* error_word(int device) {
  note_reports(device);
  note_reports_of_capture();
  return reports_of(device).word;
}

int error_site(const char* format, ReportKind kind) {
  Sites& s = sites();
  const std::scoped_lock lock(s.mutex);
  s.all.push_back({format, kind});
  return static_cast<int>(s.all.size());
}

}  // namespace cresset::cuda::backend
