// Working memory of conv2d's kernels, counted in elements.
#pragma once

#include "backend/cpu/scratch.h"

namespace cresset::cpu {

// As scratch(): at least `count` elements of T, valid until the same thread asks for the same Tag again.
template <class Tag, class T>
T* scratch_of(std::int64_t count) {
  return static_cast<T*>(scratch<Tag>(static_cast<std::size_t>(count) * sizeof(T)));
}

}  // namespace cresset::cpu
