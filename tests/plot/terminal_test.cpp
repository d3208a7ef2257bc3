// Pictures in terminals: what is written in each protocol, and which one is found on a terminal played by the test.
#include <cresset/cresset.h>
#include <cresset/plot/image_grid.h>
#include <cresset/plot/terminal.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "plot/png.h"
#include "support/message.h"

namespace cresset::plot {
namespace {

// Red and blue columns, three wide and seven high.
Picture stripes() {
  Picture p{3, 7, {}};
  for (int i = 0; i < 21; ++i)
    for (const int v : {i % 3 == 1 ? 0 : 255, 0, i % 3 == 1 ? 255 : 0})
      p.pixels.push_back(static_cast<std::uint8_t>(v));
  return p;
}

TEST(TerminalImage, SixelsAreBandsOfSixRows) {
  EXPECT_EQ(terminal_image(stripes(), TerminalProtocol::sixel),
            "\x1bPq\"1;1;3;7#0;2;100;0;0#1;2;0;0;100#0~?~$#1?~$-#0@?@$#1?@$-\x1b\\\n");
}

TEST(TerminalImage, LongRunsOfASixelAreCounted) {
  const Picture p = picture(zeros({1, 6, 50}));
  EXPECT_EQ(terminal_image(p, TerminalProtocol::sixel), "\x1bPq\"1;1;50;6#0;2;0;0;0#0!50~$-\x1b\\\n");
}

TEST(TerminalImage, ManyColoursAreMixedOfFew) {
  // A ramp of grey with more than 256 colours beside it.
  Tensor image = zeros({3, 32, 32});
  image.index_put_({0}, arange(1024).view({32, 32}).to_float() / 1023);
  image.index_put_({1}, arange(1024).view({32, 32}).t().to_float() / 1023);
  const std::string text = terminal_image(picture(image), TerminalProtocol::sixel);
  EXPECT_NE(text.find("#251;2;100;100;100"), std::string::npos);
  EXPECT_EQ(text.find("#252;"), std::string::npos);
}

TEST(TerminalImage, KittyGetsThePngInPieces) {
  Picture p{64, 64, {}};
  std::mt19937 bits;  // what does not compress
  for (int i = 0; i < 64 * 64 * 3; ++i) p.pixels.push_back(static_cast<std::uint8_t>(bits()));
  const std::string text = terminal_image(p, TerminalProtocol::kitty);
  EXPECT_EQ(text.rfind("\x1b_Ga=T,f=100,m=1;iVBORw0KGgo", 0), 0U);
  const std::size_t end = text.find("\x1b\\");
  EXPECT_EQ(end - text.find(';') - 1, 4096U);
  EXPECT_EQ(text.substr(end + 2, 4), "\x1b_Gm");
  EXPECT_NE(text.rfind("\x1b_Gm=0;"), std::string::npos);
  EXPECT_EQ(text.substr(text.size() - 3), "\x1b\\\n");
}

TEST(TerminalImage, Iterm2GetsThePngWhole) {
  const std::string text = terminal_image(stripes(), TerminalProtocol::iterm2);
  const std::string head = "\x1b]1337;File=inline=1;size=" + std::to_string(png_bytes(stripes(), "test").size()) +
                           ";width=3px;height=7px:iVBORw0KGgo";
  EXPECT_EQ(text.substr(0, head.size()), head);
  EXPECT_EQ(text.substr(text.size() - 2), "\a\n");
}

TEST(TerminalImage, NothingForNone) {
  EXPECT_EQ(terminal_image(stripes(), TerminalProtocol::none), "");
  EXPECT_EQ(message_of<ValueError>([] { terminal_image({}, TerminalProtocol::kitty); }),
            "show: the picture must not be empty");
}

struct Answer {
  int protocol;       // that the child found
  std::string shown;  // on the terminal
};

// A child on a terminal that answers a question for its attributes with `attributes` (nothing if empty) finds the
// protocol and shows a picture.
Answer on_a_terminal(const std::vector<std::pair<const char*, const char*>>& variables, const std::string& attributes) {
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    for (const char* name :
         {"CRESSET_TERMINAL_IMAGES", "TERM", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "TMUX"})
      ::unsetenv(name);
    for (const auto& [name, value] : variables) ::setenv(name, value, 1);
    show(stripes());
    ::_exit(static_cast<int>(terminal_protocol()));
  }
  Answer answer{-1, {}};
  char c = 0;
  bool asked = false;
  while (::read(terminal, &c, 1) == 1) {
    answer.shown += c;
    if (!asked && answer.shown.ends_with("\x1b[c")) {
      asked = true;
      if (!attributes.empty() && ::write(terminal, attributes.data(), attributes.size()) < 0) break;
    }
  }
  ::close(terminal);
  int status = 0;
  ::waitpid(child, &status, 0);
  answer.protocol = WEXITSTATUS(status);
  return answer;
}

TEST(TerminalProtocol, IsFoundByItsVariables) {
  EXPECT_EQ(on_a_terminal({{"TERM", "xterm-kitty"}}, "").protocol, static_cast<int>(TerminalProtocol::kitty));
  EXPECT_EQ(on_a_terminal({{"TERM", "xterm-256color"}, {"TERM_PROGRAM", "iTerm.app"}}, "").protocol,
            static_cast<int>(TerminalProtocol::iterm2));
  EXPECT_EQ(on_a_terminal({{"TERM", "dumb"}}, "").protocol, static_cast<int>(TerminalProtocol::none));
  const Answer wanted = on_a_terminal({{"TERM", "dumb"}, {"CRESSET_TERMINAL_IMAGES", "sixel"}}, "");
  EXPECT_EQ(wanted.protocol, static_cast<int>(TerminalProtocol::sixel));
  EXPECT_NE(wanted.shown.find("\x1bPq\"1;1;3;7"), std::string::npos);
}

TEST(TerminalProtocol, SixelsAreFoundByAsking) {
  const Answer can = on_a_terminal({{"TERM", "xterm-256color"}}, "\x1b[?62;4;22c");
  EXPECT_EQ(can.protocol, static_cast<int>(TerminalProtocol::sixel));
  EXPECT_NE(can.shown.find("\x1bPq\"1;1;3;7"), std::string::npos);
  EXPECT_EQ(on_a_terminal({{"TERM", "xterm-256color"}}, "\x1b[?64;22;40c").protocol,
            static_cast<int>(TerminalProtocol::none));
  // Inside of tmux what kitty set counts for nothing.
  EXPECT_EQ(on_a_terminal({{"TERM", "tmux-256color"}, {"KITTY_WINDOW_ID", "1"}, {"TMUX", "x"}}, "\x1b[?1;2c").protocol,
            static_cast<int>(TerminalProtocol::none));
}

TEST(TerminalProtocol, ATerminalThatDoesNotAnswerGetsNone) {
  const Answer silent = on_a_terminal({{"TERM", "xterm"}}, "");
  EXPECT_EQ(silent.protocol, static_cast<int>(TerminalProtocol::none));
  EXPECT_EQ(silent.shown.find("\x1bPq"), std::string::npos);
}

}  // namespace
}  // namespace cresset::plot
