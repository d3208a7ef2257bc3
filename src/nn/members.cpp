#include <cresset/nn/members.h>

namespace cresset::nn {

std::string MemberList::next_name(std::string_view& names) {
  const std::size_t comma = names.find(',');
  std::string_view name = names.substr(0, comma);
  names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
  const std::size_t first = name.find_first_not_of(" \t\n"), last = name.find_last_not_of(" \t\n");
  return std::string(name.substr(first, last + 1 - first));
}

}  // namespace cresset::nn
