// What plans of NVIDIA's libraries are kept by.
#pragma once

#include <cresset/extension/kernel.h>

#include <array>
#include <string>
#include <string_view>

namespace cresset::cuda::backend {

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

}  // namespace cresset::cuda::backend
