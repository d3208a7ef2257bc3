// Something that would spoil the test's own process.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace cresset {

// Runs `body` in a process of its own, and gives what it says: at most 4096 bytes.
template <class Body>
std::string in_a_child(Body body) {
  int result[2];
  if (::pipe(result) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string answer = body();
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
