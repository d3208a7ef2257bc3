// cresset summary
#include <cresset/cresset.h>
#include <cresset/models/registry.h>
#include <cresset/nn/receptive_field.h>
#include <cresset/nn/summary.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "nearest.h"
#include "numbers.h"

namespace cresset::program {
namespace {

struct Arguments {
  std::string model = "cifar_net";
  std::string input;  // "": the model's own
  std::optional<std::int64_t> num_classes;
  bool receptive_field = false, json = false;
};

constexpr int kMostSizes = 7;  // with the batch 8, as many as a tensor has
constexpr std::int64_t kMostClasses = 1 << 24;
constexpr Bounds<std::int64_t> kSize{0, std::numeric_limits<std::int64_t>::max()};

// "3x224x224" or "3,224,224".
Shape read_shape(const std::string& text) {
  Shape shape;
  const CLI::Validator check_size = whole_number("--input", kSize);
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("x,", start), text.size());
    std::string size = text.substr(start, end - start);
    check_size(size);
    if (shape.size() == kMostSizes)
      throw UsageError(fmt::format("--input takes at most {} sizes, as 3x32x32, got {}", kMostSizes, text));
    shape.push_back(std::stoll(size));
    start = end + 1;
  }
  return shape;
}

std::string thousands(std::int64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(text.begin() + at, ',');
  return text;
}

// Columns as wide as their widest cell, the first `left` of them set to the left.
void print_table(const std::vector<std::vector<std::string>>& rows, std::size_t left) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += (i > 0 ? "  " : "") +
              (i < left ? fmt::format("{:<{}}", row[i], widths[i]) : fmt::format("{:>{}}", row[i], widths[i]));
    fmt::print("{}\n", line);
  }
}

struct Totals {
  std::int64_t parameters = 0, bytes = 0;
};
Totals totals_of(const nn::Module& network) {
  Totals totals;
  for (const Tensor& p : network.parameters()) {
    totals.parameters += p.numel();
    totals.bytes += p.numel() * static_cast<std::int64_t>(p.element_size());
  }
  return totals;
}

void print_layers(const std::vector<nn::LayerSummary>& layers, const Totals& totals) {
  std::vector<std::vector<std::string>> rows{{"layer", "class", "output shape", "parameters", "FLOPs"}};
  std::int64_t flops = 0;
  for (const nn::LayerSummary& layer : layers) {
    rows.push_back(
        {layer.name, layer.class_name, layer.output.str(), thousands(layer.parameters), thousands(layer.flops)});
    flops += layer.flops;
  }
  print_table(rows, 3);
  fmt::print(
      "{} parameters, {:.2f} MB; {} FLOPs for one input (products of convolutions and linear layers; a multiply-add "
      "counts as two)\n",
      thousands(totals.parameters), static_cast<double>(totals.bytes) / 1e6, thousands(flops));
}

void print_fields(const std::vector<nn::ReceptiveField>& fields) {
  std::vector<std::vector<std::string>> rows{{"layer", "class", "output shape", "receptive field", "jump", "start"}};
  const auto pair = [](std::int64_t h, std::int64_t w) { return fmt::format("{}x{}", h, w); };
  for (const nn::ReceptiveField& field : fields) {
    const auto& [name, class_name, output, y, x] = field;
    const std::string jump = y.jump == 0 && x.jump == 0 ? "-" : pair(y.jump, x.jump);
    rows.push_back(
        {name, class_name, output.str(), pair(y.size, x.size), jump, fmt::format("{},{}", y.start, x.start)});
  }
  print_table(rows, 3);
  fmt::print(
      "Receptive field: rows x columns of the input that one output depends on, away from the border. Jump: input "
      "pixels from\none output's field to the next's. Start: first row and column of the first output's field; below 0 "
      "it lies in the padding.\n");
}

nlohmann::ordered_json to_json(const nn::LayerSummary& layer) {
  return {{"name", layer.name},
          {"class", layer.class_name},
          {"output", layer.output.vec()},
          {"parameters", layer.parameters},
          {"flops", layer.flops}};
}
nlohmann::ordered_json to_json(const nn::ReceptiveField& field) {
  const auto pair = [](std::int64_t h, std::int64_t w) { return std::vector<std::int64_t>{h, w}; };
  return {{"name", field.name},
          {"class", field.class_name},
          {"output", field.output.vec()},
          {"receptive_field", pair(field.rows.size, field.columns.size)},
          {"jump", pair(field.rows.jump, field.columns.jump)},
          {"start", pair(field.rows.start, field.columns.start)}};
}

int run(const Arguments& arguments) {
  const auto names = models::names();
  if (std::find(names.begin(), names.end(), arguments.model) == names.end())
    throw UsageError(unknown_name("model", arguments.model, names));
  Shape shape = arguments.input.empty() ? models::info(arguments.model).input : read_shape(arguments.input);
  const auto network = models::make(arguments.model, {.num_classes = arguments.num_classes});
  shape.insert(0, 1);
  const Totals totals = totals_of(*network);
  nlohmann::ordered_json out{
      {"model", arguments.model}, {"input", shape.vec()}, {"parameters", totals.parameters}, {"bytes", totals.bytes}};
  if (arguments.receptive_field) {
    const auto fields = nn::receptive_fields(*network, shape);
    if (!arguments.json) print_fields(fields);
    for (const auto& field : fields) out["layers"].push_back(to_json(field));
  } else {
    const auto layers = nn::summarize(*network, shape);
    if (!arguments.json) print_layers(layers, totals);
    for (const auto& layer : layers) out["layers"].push_back(to_json(layer));
  }
  if (arguments.json) fmt::print("{}\n", out.dump(1));
  return kSuccess;
}

// For the end of --help.
std::string list_of_networks() {
  std::string text = "Networks, with the input of each:";
  for (const std::string& name : models::names()) {
    const models::ModelInfo info = models::info(name);
    text += fmt::format("\n  {:<19} {:<12} {}", name, fmt::format("{}", fmt::join(info.input.vec(), "x")),
                        info.description);
  }
  return text;
}

}  // namespace

void add_summary(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("summary", "Layers, shapes, parameters and FLOPs of a network, or its receptive fields");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--model", arguments->model, "Name of the network (default: cifar_net)");
  command->add_option("--input", arguments->input, "Shape of one input, as 3x32x32 (default: the network's own)");
  add_whole_number(*command, "--num-classes", arguments->num_classes, Bounds<std::int64_t>{1, kMostClasses},
                   "Of the last layer (default: the network's own)");
  command->add_flag("--receptive-field", arguments->receptive_field,
                    "Print which part of the input an output of each layer depends on");
  command->footer(list_of_networks());
  command->add_flag("--json", arguments->json, "Print one JSON object");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace cresset::program
