#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cresset::program {
namespace {

int terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<long long>(std::llround(std::clamp(seconds, 0.0, 1e15)));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

Progress::Progress(std::int64_t total_steps, std::int64_t done_steps, std::int64_t batch_size)
    : terminal_(::isatty(STDOUT_FILENO) != 0),
      total_steps_(total_steps),
      done_steps_(done_steps),
      batch_size_(batch_size),
      start_(Clock::now()),
      next_draw_(start_ + std::chrono::milliseconds(100)) {}

double Progress::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

double Progress::images_per_second(std::int64_t step) const {
  return static_cast<double>(step - done_steps_) * static_cast<double>(batch_size_) / std::max(1e-9, seconds());
}

void Progress::update(std::int64_t step, std::int64_t epoch, std::int64_t epochs, double loss, double accuracy) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + std::chrono::milliseconds(100);

  const double rate = images_per_second(step);
  const double left =
      static_cast<double>(total_steps_ - step) * static_cast<double>(batch_size_) / std::max(1e-9, rate);
  const double share = static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(1, total_steps_));
  std::string text = fmt::format("epoch {}/{}  step {}/{}  loss {:.3f}  accuracy {:.1f} %  {:.0f} images/s  {} left",
                                 epoch, epochs, step, total_steps_, loss, 100 * accuracy, rate, duration_text(left));
  const int room = terminal_width() - static_cast<int>(text.size()) - 4;
  if (room >= 8) {
    const auto full = static_cast<std::size_t>(std::lround(share * std::min(room, 30)));
    text +=
        "  [" + std::string(full, '=') + std::string(static_cast<std::size_t>(std::min(room, 30)) - full, ' ') + "]";
  }
  text.resize(std::min(text.size(), static_cast<std::size_t>(std::max(1, terminal_width() - 1))));
  fmt::print("\r\x1b[2K{}", text);
  std::fflush(stdout);
  drawn_ = true;
}

void Progress::line(const std::string& text) {
  finish();
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

void Progress::finish() {
  if (!drawn_) return;
  fmt::print("\r\x1b[2K");
  std::fflush(stdout);
  drawn_ = false;
}

}  // namespace cresset::program
