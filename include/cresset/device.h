// Where a tensor lives.
#pragma once

#include <cresset/export.h>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace cresset {

enum class DeviceType : std::uint8_t { cpu, cuda };
inline constexpr int kDeviceTypes = 2;

// `Device("cpu")`, `Device("cuda")` (the current CUDA device: index 0), `Device("cuda:1")`. Naming a device does not
// ask whether it is there; making a tensor on it does. Throws ValueError for any other text.
struct CRESSET_API Device {
  constexpr Device(DeviceType type = DeviceType::cpu, int index = 0)
      : type(type), index(static_cast<std::int8_t>(index)) {}
  Device(const char* text) : Device(std::string_view(text)) {}
  Device(const std::string& text) : Device(std::string_view(text)) {}
  Device(std::string_view text);

  bool is_cpu() const { return type == DeviceType::cpu; }
  bool is_cuda() const { return type == DeviceType::cuda; }
  // "cpu" or "cuda:0".
  std::string str() const;
  friend bool operator==(const Device&, const Device&) = default;

  DeviceType type;
  std::int8_t index;
};

CRESSET_API std::ostream& operator<<(std::ostream& out, const Device& device);

namespace cuda {
// Whether a CUDA device can be used by this process: the backend library, the driver and a device are there. Never
// throws.
CRESSET_API bool is_available() noexcept;
// The number of CUDA devices, 0 where none can be used. Never throws.
CRESSET_API int device_count() noexcept;
}  // namespace cuda

}  // namespace cresset
