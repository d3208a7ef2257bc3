// A disk that is soon full.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "support/scratch_folder.h"

namespace cresset {

// Runs `body` on a file system of 64 KiB, in a process of its own, and gives what body says.
template <class Body>
std::string on_small_disk(const ScratchFolder& folder, Body body) {
  int result[2];
  if (::pipe(result) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string answer;
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0)
      answer = std::string("cannot mount: ") + std::strerror(errno);
    else
      answer = body();
    static_cast<void>(!::write(result[1], answer.data(), answer.size()));
    ::_exit(0);
  }
  ::close(result[1]);
  std::string answer(4096, '\0');
  const ssize_t got = ::read(result[0], answer.data(), answer.size());
  answer.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  ::close(result[0]);
  ::waitpid(child, nullptr, 0);
  return answer;
}

}  // namespace cresset
