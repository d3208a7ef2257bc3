#include "history.h"

#include <cresset/error.h>
#include <cresset/plot.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cresset::program {
namespace {

nlohmann::ordered_json to_json(const Window& w) { return {w.loss, w.correct, w.images, w.steps}; }
Window window_of(const nlohmann::json& json) {
  return {.loss = json.at(0), .correct = json.at(1), .images = json.at(2), .steps = json.at(3)};
}

template <class Point>
nlohmann::ordered_json points_json(const std::vector<Point>& points) {
  auto out = nlohmann::ordered_json::array();
  for (const Point& p : points) out.push_back({p.step, p.loss, p.accuracy});
  return out;
}
template <class Point>
std::vector<Point> points_of(const nlohmann::json& json) {
  std::vector<Point> out;
  for (const auto& p : json) out.push_back({p.at(0), p.at(1), p.at(2)});
  return out;
}

template <class Point>
plot::Series series(const char* label, const std::vector<Point>& points, double Point::*value, double factor) {
  plot::Series out{.label = label};
  for (const Point& p : points) {
    out.x.push_back(static_cast<double>(p.step));
    out.y.push_back(p.*value * factor);
  }
  return out;
}

}  // namespace

void Window::add(double step_loss, std::int64_t step_correct, std::int64_t step_images) {
  loss += step_loss;
  correct += step_correct;
  images += step_images;
  ++steps;
}

std::int64_t History::last_step() const {
  return std::max(training.empty() ? 0 : training.back().step, tests.empty() ? 0 : tests.back().step);
}

void History::save_curve(const std::string& title, const std::string& path) const {
  const plot::Chart losses{
      .title = title,
      .x_label = "step",
      .y_label = "cross-entropy",
      .series = {series("training", training, &Training::loss, 1), series("test", tests, &Test::loss, 1)}};
  const plot::Chart accuracies{
      .title = "accuracy",
      .x_label = "step",
      .y_label = "percent of the images",
      .series = {series("training", training, &Training::accuracy, 100), series("test", tests, &Test::accuracy, 100)}};
  plot::save_png(plot::beside({plot::draw(losses), plot::draw(accuracies)}), path);
}

nlohmann::ordered_json to_json(const History& history) {
  return {{"training", points_json(history.training)},
          {"tests", points_json(history.tests)},
          {"logged", to_json(history.logged)},
          {"printed", to_json(history.printed)}};
}

History history_of(const nlohmann::json& json, const std::string& path) {
  try {
    return {.training = points_of<History::Training>(json.at("training")),
            .tests = points_of<History::Test>(json.at("tests")),
            .logged = window_of(json.at("logged")),
            .printed = window_of(json.at("printed"))};
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: was not written by `cresset train`: {}", path, error.what()));
  }
}

}  // namespace cresset::program
