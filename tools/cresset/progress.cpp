#include "progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cresset::program {
namespace {

// Writing the words behind the bar takes longer than a small network's step.
constexpr std::int64_t kStepsBetweenWords = 16;

}  // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<long long>(std::llround(std::clamp(seconds, 0.0, 1e15)));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

Progress::Progress(std::int64_t total_steps, std::int64_t done_steps, std::int64_t batch_size)
    : done_steps_(done_steps),
      batch_size_(batch_size),
      bar_({.total = total_steps, .leave = false, .initial = done_steps}) {}

double Progress::seconds() const { return bar_.seconds(); }

double Progress::images_per_second(std::int64_t step) const {
  return static_cast<double>(step - done_steps_) * static_cast<double>(batch_size_) / std::max(1e-9, seconds());
}

void Progress::update(std::int64_t step, std::int64_t epoch, std::int64_t epochs, double loss, double accuracy) {
  if (bar_.is_live() && step >= next_words_) {
    next_words_ = step + kStepsBetweenWords;
    bar_.set_description(fmt::format("epoch {}/{}", epoch, epochs));
    bar_.set_postfix({{"loss", fmt::format("{:.3f}", loss)},
                      {"accuracy", fmt::format("{:.1f} %", 100 * accuracy)},
                      {"images/s", fmt::format("{:.0f}", images_per_second(step))}});
  }
  bar_.update(step - bar_.n());
}

void Progress::line(const std::string& text) { bar_.write(text); }

void Progress::finish() { bar_.close(); }

}  // namespace cresset::program
