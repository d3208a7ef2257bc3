// What a running training shows: one live line on a terminal, plain lines elsewhere.
#pragma once

#include <cresset/data/progress_bar.h>

#include <cstdint>
#include <string>

namespace cresset::program {

// "1:02:03" or "4:05", of whole seconds.
std::string duration_text(double seconds);

class Progress {
 public:
  // `total_steps` counts from the first step of all; `done_steps` were done by an earlier run.
  Progress(std::int64_t total_steps, std::int64_t done_steps, std::int64_t batch_size);

  // After each step.
  void update(std::int64_t step, std::int64_t epoch, std::int64_t epochs, double loss, double accuracy);
  // A line that stays.
  void line(const std::string& text);
  // Takes the live line away.
  void finish();

  double seconds() const;
  double images_per_second(std::int64_t step) const;

 private:
  const std::int64_t done_steps_, batch_size_;
  data::ProgressBar bar_;
  std::int64_t next_words_ = 0;  // the step from which on the words are written anew
};

}  // namespace cresset::program
