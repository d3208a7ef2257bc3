#include "backend/cuda/cudnn/measure.h"

#include <algorithm>
#include <cstdio>

#include "backend/cuda/cudnn/engine_note.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/synchronize.h"
#include "device_build.h"

namespace cresset::cuda::backend::cudnn {
namespace {

class TimedEvent {
 public:
  TimedEvent() { check_cuda(cudaEventCreateWithFlags(&event_, cudaEventDefault), "cudaEventCreate"); }
  ~TimedEvent() { ignore_error(cudaEventDestroy(event_)); }
  TimedEvent(const TimedEvent&) = delete;
  TimedEvent& operator=(const TimedEvent&) = delete;
  void record(cudaStream_t stream) { check_cuda(cudaEventRecord(event_, stream), "cudaEventRecord"); }
  float milliseconds_to(const TimedEvent& later) const {
    count_wait();
    check_cuda(cudaEventSynchronize(later.event_), "timing an engine of cuDNN's");
    float milliseconds = 0;
    check_cuda(cudaEventElapsedTime(&milliseconds, event_, later.event_), "cudaEventElapsedTime");
    return milliseconds;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

// The least of five, after one that loads the engine's code.
float time_of(Plan& plan, const Context& context, const std::vector<Operand>& operands) {
  execute(plan, context, operands);
  TimedEvent begin, end;
  float best = 0;
  for (int i = 0; i < 5; ++i) {
    begin.record(stream_of(context.stream));
    execute(plan, context, operands);
    end.record(stream_of(context.stream));
    const float time = begin.milliseconds_to(end);
    best = i == 0 ? time : std::min(best, time);
  }
  return best;
}

// No time, but the same in every run, and seldom what the heuristics name first.
float stand_in(const Plan& plan) { return static_cast<float>(std::hash<std::string>()(plan.engine) % 1000); }

}  // namespace

std::shared_ptr<Plan> measure(const PlanKey& key, const std::vector<std::shared_ptr<Plan>>& plans,
                              const Context& context, const std::vector<Operand>& operands) {
  std::shared_ptr<Plan> best;
  float least = 0;
  for (const auto& plan : plans) {
    const float time = kDeviceSimulated ? stand_in(*plan) : time_of(*plan, context, operands);
    if (logging())
      std::fprintf(stderr, "cresset cudnn: %s: %s: %g %s\n", key.text().c_str(), plan->engine.c_str(),
                   static_cast<double>(time),
                   kDeviceSimulated ? "(simulated: a stand-in for a time, nothing was measured)" : "ms");
    if (best && time >= least) continue;
    best = plan;
    least = time;
  }
  return best;
}

}  // namespace cresset::cuda::backend::cudnn
