// Weights and pictures that tools/goldens_models.py makes too: small integers over a power of two.
#pragma once

#include <cresset/cresset.h>

#include <cstdint>

namespace cresset::test {

// Integers in [-4, 4]: MurmurHash3's finaliser of seed * 0x9E3779B1 + i, modulo 9, less 4; over `divisor`, plus
// `shift`.
inline Tensor by_formula(std::uint32_t seed, const Shape& shape, int divisor, float shift = 0) {
  const Tensor made = empty(shape);
  float* out = made.data_ptr<float>();
  for (std::int64_t i = 0; i < made.numel(); ++i) {
    std::uint32_t h = seed * 0x9E3779B1u + static_cast<std::uint32_t>(i);
    h ^= h >> 16;
    h *= 0x85EBCA6Bu;
    h ^= h >> 13;
    h *= 0xC2B2AE35u;
    h ^= h >> 16;
    out[i] = shift + (static_cast<float>(h % 9) - 4) / static_cast<float>(divisor);
  }
  return made;
}

// A weight's divisor: its spread is then about that of He et al.
inline int divisor_for(const Shape& shape) {
  std::int64_t fan_in = 1;
  for (int d = 1; d < shape.size(); ++d) fan_in *= shape[d];
  int divisor = 1;
  while (std::int64_t{divisor} * divisor * 6 < 20 * fan_in) divisor *= 2;
  return divisor;
}

// Gives every parameter and buffer its values by its place in the state_dict.
inline void fill_by_formula(const nn::Module& module) {
  std::uint32_t seed = 0;
  for (const auto& [name, tensor] : module.state_dict()) {
    const Shape shape = tensor.shape();
    if (!name.ends_with("num_batches_tracked")) {
      const bool is_weight = name.ends_with("weight") || name.ends_with("running_var");
      tensor.copy_(shape.size() > 1 ? by_formula(seed, shape, divisor_for(shape))
                                    : by_formula(seed, shape, is_weight ? 16 : 32, is_weight ? 1.f : 0.f));
    }
    ++seed;
  }
}

inline Tensor picture_by_formula(const Shape& shape) { return by_formula(1000, shape, 4); }

}  // namespace cresset::test
