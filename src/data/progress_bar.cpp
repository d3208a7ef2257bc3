#include <cresset/data/progress_bar.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace cresset::data {
namespace {

using Clock = std::chrono::steady_clock;

// A later drawing weighs this much in the rate that is shown.
constexpr double kSmoothing = 0.3;

// "05:07", from an hour on "1:05:07".
std::string interval_text(double seconds) {
  const auto s = static_cast<long long>(std::clamp(seconds, 0.0, 1e15));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{:02}:{:02}", s / 60, s % 60);
}

// Code points, each taken for one column.
int columns_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string bar_of(double share, int width, bool ascii) {
  constexpr const char* kEighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  constexpr const char* kDigits[] = {" ", "1", "2", "3", "4", "5", "6", "7", "8", "9", "#"};
  const int parts = ascii ? 10 : 8;
  const int filled = static_cast<int>(share * width * parts);
  std::string bar;
  for (int i = 0; i < width; ++i) {
    const int here = std::clamp(filled - i * parts, 0, parts);
    bar += ascii ? kDigits[here] : kEighths[here];
  }
  return bar;
}

bool terminal_takes_utf8() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text(value);
    return text.find("UTF-8") != text.npos || text.find("utf8") != text.npos || text.find("utf-8") != text.npos;
  }
  return false;
}

int terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

// The first `columns` columns.
std::string cut(std::string text, int columns) {
  std::size_t end = 0;
  for (int seen = 0; end < text.size(); ++end)
    if ((text[end] & 0xC0) != 0x80 && seen++ == columns) break;
  text.resize(end);
  return text;
}

// The number with three digits, where that is shorter than in whole.
std::string shorter(const std::string& whole, double number) {
  std::string brief = fmt::format("{:.3g}", number);
  for (const char* exponent : {"e+0", "e-0"})
    if (const std::size_t at = brief.find(exponent); at != brief.npos) brief.erase(at + 2, 1);
  return brief.size() < whole.size() ? brief : whole;
}

}  // namespace

std::string PostfixItem::format(double number) {
  std::string whole = fmt::format("{}", number);
  if (std::isfinite(number) && whole.find_first_of(".e") == whole.npos) whole += ".0";  // as Python writes it
  return shorter(whole, number);
}
std::string PostfixItem::format(std::int64_t number) {
  return shorter(fmt::format("{}", number), static_cast<double>(number));
}

std::string progress_text(const ProgressState& state, std::optional<int> columns, bool ascii) {
  const double done = static_cast<double>(state.n - state.initial);
  const double rate = state.rate ? *state.rate : state.seconds > 0 ? done / state.seconds : 0;
  std::string speed = "?" + state.unit + "/s";
  if (rate > 0 && 1 / rate > 1)
    speed = fmt::format("{:5.2f}s/{}", 1 / rate, state.unit);
  else if (rate > 0)
    speed = fmt::format("{:5.2f}{}/s", rate, state.unit);
  const std::string postfix = state.postfix.empty() ? "" : ", " + state.postfix;
  const std::string desc = state.desc.empty() ? "" : state.desc + ": ";
  if (state.total <= 0 || state.n > state.total)
    return fmt::format("{}{}{} [{}, {}{}]", desc, state.n, state.unit, interval_text(state.seconds), speed, postfix);

  const double share = static_cast<double>(state.n) / static_cast<double>(state.total);
  const std::string left = rate > 0 ? interval_text(static_cast<double>(state.total - state.n) / rate) : "?";
  const std::string before = fmt::format("{}{:3.0f}%", desc, share * 100);
  const std::string after =
      fmt::format(" {}/{} [{}<{}, {}{}]", state.n, state.total, interval_text(state.seconds), left, speed, postfix);
  if (columns && *columns <= 0) return before + after;
  const int width = columns ? std::max(1, *columns - columns_of(before) - columns_of(after) - 2) : 10;
  const std::string line = before + "|" + bar_of(share, width, ascii) + "|" + after;
  return columns ? cut(line, *columns) : line;
}

struct ProgressBar::Impl {
  explicit Impl(ProgressOptions wanted)
      : options(std::move(wanted)),
        terminal(::isatty(STDERR_FILENO) == 1),
        n(options.initial),
        start(Clock::now()),
        last_draw(start),
        drawn_n(n) {}

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start).count(); }
  ProgressState state() const {
    return {options.desc, n, options.total, options.initial, seconds(), rate, options.unit, postfix};
  }

  void erase() {
    if (!drawn) return;
    std::fputs("\r\x1b[2K", stderr);
    std::fflush(stderr);
    drawn = false;
  }
  void draw() {
    const int columns = terminal_columns();
    std::fprintf(stderr, "\r\x1b[2K%s", cut(progress_text(state(), columns, !terminal_takes_utf8()), columns).c_str());
    std::fflush(stderr);
    drawn = true;
  }
  // The mean of the rates between drawings, later ones weighing more.
  void measure(Clock::time_point now) {
    const double passed = std::chrono::duration<double>(now - last_draw).count();
    steps_mean = steps_mean + kSmoothing * (static_cast<double>(n - drawn_n) - steps_mean);
    seconds_mean = seconds_mean + kSmoothing * (passed - seconds_mean);
    if (seconds_mean > 0) rate = steps_mean / seconds_mean;
    last_draw = now;
    drawn_n = n;
  }

  ProgressOptions options;
  const bool terminal;
  std::int64_t n;
  const Clock::time_point start;
  Clock::time_point last_draw;
  std::int64_t drawn_n;
  double steps_mean = 0, seconds_mean = 0;
  std::optional<double> rate = {};
  std::string postfix = {};
  bool drawn = false, closed = false;
};

ProgressBar::ProgressBar(ProgressOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ProgressBar::~ProgressBar() { close(); }

void ProgressBar::update(std::int64_t steps) {
  Impl& bar = *impl_;
  bar.n += steps;
  if (!is_live()) return;
  const auto now = Clock::now();
  if (std::chrono::duration<double>(now - bar.last_draw).count() < bar.options.mininterval) return;
  bar.measure(now);
  bar.draw();
}

void ProgressBar::set_description(const std::string& desc) { impl_->options.desc = desc; }

void ProgressBar::set_postfix(const std::vector<PostfixItem>& items) {
  impl_->postfix.clear();
  for (const PostfixItem& item : items)
    impl_->postfix += (impl_->postfix.empty() ? "" : ", ") + item.name + "=" + item.text;
}

void ProgressBar::write(std::string_view line) {
  impl_->erase();
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

void ProgressBar::close() {
  Impl& bar = *impl_;
  if (bar.closed) return;
  bar.closed = true;
  bar.rate.reset();  // the mean over all
  if (bar.options.disable) return;
  if (!bar.options.leave) return bar.erase();
  if (bar.terminal)
    bar.draw();
  else
    std::fputs(progress_text(bar.state(), {}, !terminal_takes_utf8()).c_str(), stderr);
  std::fputc('\n', stderr);
  bar.drawn = false;
}

bool ProgressBar::is_live() const { return impl_->terminal && !impl_->options.disable && !impl_->closed; }
std::int64_t ProgressBar::n() const { return impl_->n; }
double ProgressBar::seconds() const { return impl_->seconds(); }
std::string ProgressBar::str() const { return progress_text(impl_->state(), {}, !terminal_takes_utf8()); }

}  // namespace cresset::data
