// Starts tests/data/local_server.py and ends it.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "support/scratch_folder.h"
#include "test_paths.h"

namespace cresset::data {

class LocalServer {
 public:
  LocalServer() {
    int ends[2];
    if (::pipe(ends) != 0) return;
    const std::string script = CRESSET_TEST_DIR "/data/local_server.py", log = log_path();
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execlp("python3", "python3", script.c_str(), files_.path().c_str(), log.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    char text[16] = "";
    std::size_t length = 0;
    while (length + 1 < sizeof(text)) {
      const auto n = ::read(ends[0], text + length, sizeof(text) - 1 - length);
      if (n <= 0) break;
      length += static_cast<std::size_t>(n);
      if (text[length - 1] == '\n') break;
    }
    ::close(ends[0]);
    port_ = std::atoi(text);
  }
  ~LocalServer() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  bool runs() const { return port_ > 0; }
  // "http://127.0.0.1:PORT/MODE/"
  std::string mirror(const std::string& mode) const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/" + mode + "/";
  }
  void serve(const std::string& name, const std::string& content) const { write_text(files_ / name, content); }
  void forget() const { write_text(log_path(), ""); }
  // "PATH RANGE" of each request since.
  std::vector<std::string> requests() const {
    std::vector<std::string> lines;
    std::ifstream in(log_path());
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::string log_path() const { return log_ / "requests"; }

  ScratchFolder files_, log_;
  pid_t process_ = -1;
  int port_ = 0;
};

}  // namespace cresset::data
