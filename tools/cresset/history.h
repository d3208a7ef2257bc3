// What a training has shown of itself so far; part of the checkpoint, so that a resumed run goes on counting.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace cresset::program {

// A mean over some steps.
struct Window {
  double loss = 0;
  std::int64_t correct = 0, images = 0, steps = 0;
  void add(double step_loss, std::int64_t step_correct, std::int64_t step_images);
  double mean_loss() const { return steps ? loss / static_cast<double>(steps) : 0; }
  double accuracy() const { return images ? static_cast<double>(correct) / static_cast<double>(images) : 0; }
};

struct History {
  struct Training {
    std::int64_t step;
    double loss, accuracy;
  };
  struct Test {
    std::int64_t step;
    double loss, accuracy;
  };
  std::vector<Training> training;
  std::vector<Test> tests;
  Window logged;   // since the last line of the log
  Window printed;  // since the last printed loss

  // Of the last point; 0 where there is none.
  std::int64_t last_step() const;
  // Loss and accuracy over the steps, as PNG.
  void save_curve(const std::string& title, const std::string& path) const;
};

nlohmann::ordered_json to_json(const History& history);
// FormatError where it is not what to_json() gave; `path` begins the message.
History history_of(const nlohmann::json& json, const std::string& path);

}  // namespace cresset::program
