// Which pictures a terminal takes, and showing them there. How they are written: terminal_image.cpp.
#include <cresset/plot/terminal.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace cresset::plot {
namespace {

constexpr int kMillisecondsToAnswer = 333;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// The terminal's characters one by one, not echoed, for as long as this lives.
class RawTerminal {
 public:
  RawTerminal() : descriptor_(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    // A process in the background would be stopped for changing the terminal.
    ready_ = descriptor_ >= 0 && ::tcgetpgrp(descriptor_) == ::getpgrp() && ::tcgetattr(descriptor_, &before_) == 0;
    if (!ready_) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    ready_ = ::tcsetattr(descriptor_, TCSANOW, &raw) == 0;
  }
  ~RawTerminal() {
    if (ready_) ::tcsetattr(descriptor_, TCSANOW, &before_);
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  // What the terminal answers, up to the character `end`; "" where it does not.
  std::string ask(std::string_view question, char end) const {
    if (!ready_ || ::write(descriptor_, question.data(), question.size()) != static_cast<ssize_t>(question.size()))
      return {};
    const auto last = std::chrono::steady_clock::now() + std::chrono::milliseconds(kMillisecondsToAnswer);
    std::string answer;
    while (answer.empty() || answer.back() != end) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(last - std::chrono::steady_clock::now()).count();
      pollfd waiting{descriptor_, POLLIN, 0};
      char c = 0;
      if (left <= 0 || answer.size() > 256 || ::poll(&waiting, 1, static_cast<int>(left)) != 1 ||
          ::read(descriptor_, &c, 1) != 1)
        return {};
      answer += c;
    }
    return answer;
  }

 private:
  int descriptor_;
  bool ready_ = false;
  termios before_{};
};

// Primary device attributes: `ESC [ ? 62 ; 4 ; … c`, where 4 stands for sixels.
bool says_that_it_takes_sixels() {
  const std::string answer = RawTerminal().ask("\x1b[c", 'c');
  const std::size_t first = answer.find('?');
  if (first == answer.npos) return false;
  std::string attributes = answer.substr(first);  // "?62;4;22c"
  attributes.front() = attributes.back() = ';';
  return attributes.find(";4;") != attributes.npos;
}

TerminalProtocol find_protocol() {
  const std::string_view wanted = variable("CRESSET_TERMINAL_IMAGES");
  if (wanted == "none" || ::isatty(STDOUT_FILENO) == 0) return TerminalProtocol::none;
  if (wanted == "kitty") return TerminalProtocol::kitty;
  if (wanted == "iterm2") return TerminalProtocol::iterm2;
  if (wanted == "sixel") return TerminalProtocol::sixel;

  const std::string_view term = variable("TERM"), program = variable("TERM_PROGRAM");
  // Inside of these the variables tell of the terminal outside, which does not get to see the picture.
  const bool inside = !variable("TMUX").empty() || term.starts_with("screen") || term.starts_with("tmux");
  if (!inside) {
    if (!variable("KITTY_WINDOW_ID").empty() || term == "xterm-kitty" || term == "xterm-ghostty")
      return TerminalProtocol::kitty;
    if (program == "iTerm.app" || program == "WezTerm" || variable("LC_TERMINAL") == "iTerm2")
      return TerminalProtocol::iterm2;
  }
  if (term.empty() || term == "dumb" || term == "linux") return TerminalProtocol::none;
  return says_that_it_takes_sixels() ? TerminalProtocol::sixel : TerminalProtocol::none;
}

}  // namespace

TerminalProtocol terminal_protocol() {
  static const TerminalProtocol found = find_protocol();
  return found;
}

bool show(const Picture& picture) {
  const std::string text = terminal_image(picture, terminal_protocol());
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  return !text.empty();
}

}  // namespace cresset::plot
