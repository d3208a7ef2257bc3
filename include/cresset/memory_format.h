// The order in which the elements of a dense tensor lie in memory.
#pragma once

#include <cstdint>

namespace cresset {

enum class MemoryFormat : std::uint8_t {
  contiguous,     // the last dimension varies fastest (NCHW)
  channels_last,  // 4 dimensions only: the channels vary fastest (NHWC), the shape stays N, C, H, W
  preserve        // what the input has; for `_like`, `to`, `clone`
};
inline constexpr MemoryFormat kContiguous = MemoryFormat::contiguous;
inline constexpr MemoryFormat kChannelsLast = MemoryFormat::channels_last;
inline constexpr MemoryFormat kPreserve = MemoryFormat::preserve;

}  // namespace cresset
