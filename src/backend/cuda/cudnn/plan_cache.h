// Plans by problem, shared by all threads.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backend/cuda/cudnn/plan.h"

namespace cresset::cuda::backend::cudnn {

// Everything that the choice of a plan depends on, as numbers. The device's index is kept apart: in a file it is a
// name.
class PlanKey {
 public:
  // `op` tells slots apart.
  PlanKey(std::string_view op, const Context& context, bool search);
  void add(std::int64_t word);
  bool operator==(const PlanKey& other) const;
  std::size_t hash() const;
  int device() const { return device_; }
  std::string_view op() const { return op_; }
  // "conv2d.forward 0,1,0,…"
  std::string text() const;

 private:
  std::string_view op_;  // a slot's name, which lives for ever
  int device_;
  std::array<std::int64_t, 40> words_{};
  std::size_t count_ = 0;
};

// What was found for a key. Made once, by the first thread that asks; the others wait for it alone.
struct CachedPlans {
  std::once_flag once;
  Refusal left;                                   // why they are not taken unless cuDNN is forced
  Refusal refusal;                                // or these:
  std::vector<std::shared_ptr<Plan>> candidates;  // by the heuristics' order
  std::mutex choosing;
  std::shared_ptr<Plan> chosen;  // null until it was measured
};

// The entry, made empty where there is none. The least recently used of more than 1,024 go.
std::shared_ptr<CachedPlans> cached_plans(const PlanKey& key);

}  // namespace cresset::cuda::backend::cudnn
