#include <cresset/device.h>

#include <charconv>
#include <ostream>

#include "core/check.h"

namespace cresset {

Device::Device(std::string_view text) : type(DeviceType::cpu), index(0) {
  std::string_view rest = text;
  if (rest.starts_with("cuda")) {
    type = DeviceType::cuda;
    rest.remove_prefix(4);
  } else {
    check<ValueError>(rest.starts_with("cpu"), "device: must be cpu, cuda or cuda:N, got '{}'", text);
    rest.remove_prefix(3);
  }
  if (rest.empty()) return;
  int number = -1;
  const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), number);
  check<ValueError>(rest[0] == ':' && error == std::errc() && end == rest.data() + rest.size() && number >= 0 &&
                        number < 128 && (is_cuda() || number == 0),
                    "device: must be cpu, cuda or cuda:N, got '{}'", text);
  index = static_cast<std::int8_t>(number);
}

std::string Device::str() const { return is_cpu() ? "cpu" : fmt::format("cuda:{}", index); }
std::ostream& operator<<(std::ostream& out, const Device& device) { return out << device.str(); }

}  // namespace cresset
