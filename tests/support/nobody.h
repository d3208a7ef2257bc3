// Another user, who may not do what root may.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "support/in_a_child.h"
#include "support/scratch_folder.h"

namespace cresset {

// What `body` says where root runs the test: as a user without rights, in a process of its own. Otherwise as it is.
template <class Body>
std::string as_nobody(const ScratchFolder& folder, Body body) {
  if (::geteuid() != 0) return body();
  ::chmod(folder.path().c_str(), 0755);
  return in_a_child([&]() -> std::string { return ::setuid(65534) == 0 ? body() : "cannot become another user"; });
}

}  // namespace cresset
