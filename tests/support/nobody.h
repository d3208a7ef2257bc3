// Another user, who may not do what root may.
#pragma once

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "support/scratch_folder.h"

namespace cresset {

// What `body` says where root runs the test: as a user without rights, in a process of its own. Otherwise as it is.
template <class Body>
std::string as_nobody(const ScratchFolder& folder, Body body) {
  if (::geteuid() != 0) return body();
  ::chmod(folder.path().c_str(), 0755);
  int result[2];
  if (::pipe(result) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string answer = ::setuid(65534) == 0 ? body() : "cannot become another user";
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
