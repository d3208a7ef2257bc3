#include "backend/cuda/plan_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/check.h"

namespace cresset::cuda::backend {

PlanKey::PlanKey(std::string_view op, const Context& context, bool search) : op_(op), device_(context.device) {
  for (const std::int64_t word : {std::int64_t{context.allow_nondeterministic}, std::int64_t{context.allow_tf32},
                                  context.workspace_limit, std::int64_t{search}})
    add(word);
}
void PlanKey::add(std::int64_t word) {
  check<BackendError>(count_ < words_.size(), "{}: its problem has more than {} numbers", op_, words_.size());
  words_[count_++] = word;
}
bool PlanKey::operator==(const PlanKey& other) const {
  return device_ == other.device_ && count_ == other.count_ && op_ == other.op_ &&
         std::equal(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(count_), other.words_.begin());
}
std::size_t PlanKey::hash() const {
  std::uint64_t h = std::hash<std::string_view>()(op_) + static_cast<std::uint64_t>(device_);
  for (std::size_t i = 0; i < count_; ++i)
    h = (h ^ static_cast<std::uint64_t>(words_[i])) * 0x9e3779b97f4a7c15u + (h >> 29);
  return h;
}
std::string PlanKey::text() const {
  return fmt::format("{} {}", op_,
                     fmt::join(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(count_), ","));
}

}  // namespace cresset::cuda::backend
