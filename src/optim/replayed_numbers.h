// What a captured optimiser step reads from device memory: see the problems in extension/optimizer.h.
#pragma once

#include <cresset/extension/optimizer.h>

#include <cstddef>
#include <cstring>
#include <vector>

namespace cresset::optim::detail {

// How many doubles.
inline std::size_t replayed_count(const SgdProblem&, std::size_t) { return sizeof(SgdNumbers) / sizeof(double); }
inline std::size_t replayed_count(const AdamProblem&, std::size_t tensors) {
  return (sizeof(AdamNumbers) + tensors * sizeof(AdamTensorNumbers)) / sizeof(double);
}

inline const SgdNumbers* replayed_as(const SgdProblem&, const void* numbers) {
  return static_cast<const SgdNumbers*>(numbers);
}
inline const AdamNumbers* replayed_as(const AdamProblem&, const void* numbers) {
  return static_cast<const AdamNumbers*>(numbers);
}

// For one step; `steps`: its number for each tensor.
inline void write_replayed(const SgdProblem& p, const std::vector<double>&, double* out) {
  const SgdNumbers numbers = numbers_of(p);
  std::memcpy(out, &numbers, sizeof numbers);
}
inline void write_replayed(const AdamProblem& p, const std::vector<double>& steps, double* out) {
  const AdamNumbers numbers = numbers_of(p);
  std::memcpy(out, &numbers, sizeof numbers);
  out += sizeof numbers / sizeof(double);
  for (const double step : steps) {
    const AdamTensorNumbers of_tensor = numbers_of(p, step);
    std::memcpy(out, &of_tensor, sizeof of_tensor);
    out += sizeof of_tensor / sizeof(double);
  }
}

}  // namespace cresset::optim::detail
