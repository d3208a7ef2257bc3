// A disk that is soon full.
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "support/in_a_child.h"
#include "support/scratch_folder.h"

namespace cresset {

// Runs `body` on a file system of 64 KiB, in a process of its own, and gives what body says.
template <class Body>
std::string on_small_disk(const ScratchFolder& folder, Body body) {
  return in_a_child([&]() -> std::string {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0)
      return std::string("cannot mount: ") + std::strerror(errno);
    return body();
  });
}

}  // namespace cresset
