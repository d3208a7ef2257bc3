// cresset summary
#include <cresset/cresset.h>
#include <cresset/models/registry.h>
#include <cresset/nn/conv.h>
#include <cresset/nn/linear.h>
#include <fmt/format.h>

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
  std::vector<std::int64_t> input{3, 32, 32};
  bool json = false;
};

struct Layer {
  std::string name, class_name;
  Shape output;
  std::int64_t parameters, flops;
};

// A multiply-add counts as two; only layers with products count.
std::int64_t flops_of(nn::Module& module, const Tensor& output) {
  if (auto* conv = module.as<nn::Conv2d>()) {
    const std::int64_t taps = conv->in_channels() / conv->groups() * conv->kernel_size().h * conv->kernel_size().w;
    return output.numel() * (2 * taps + (conv->bias.defined() ? 1 : 0));
  }
  if (auto* linear = module.as<nn::Linear>())
    return output.numel() * (2 * linear->in_features() + (linear->bias.defined() ? 1 : 0));
  return 0;
}

std::int64_t numel_of(const std::vector<Tensor>& tensors) {
  std::int64_t count = 0;
  for (const Tensor& t : tensors) count += t.numel();
  return count;
}

// Every call of a module without children, in the order of the calls. A module's parameters count at its first call.
std::vector<Layer> layers_of(nn::Module& network, const Tensor& input) {
  std::vector<Layer> layers;
  for (const auto& [name, base] : network.named_modules()) {
    auto* module = base->as<nn::Module>();
    if (!module || !base->children().empty()) continue;
    module->register_forward_hook(
        [&layers, name = name, seen = false](nn::Module& m, const Tensor&, const Tensor& output) mutable {
          layers.push_back(
              {name, m.class_name(), output.shape(), seen ? 0 : numel_of(m.parameters()), flops_of(m, output)});
          seen = true;
        });
  }
  const NoGradGuard no_grad;
  network.eval();
  network(input);
  return layers;
}

std::string thousands(std::int64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(text.begin() + at, ',');
  return text;
}

void print_table(const std::vector<Layer>& layers, std::int64_t parameters, std::int64_t bytes) {
  std::size_t name_width = 5, class_width = 5, shape_width = 12;
  std::int64_t flops = 0;
  for (const Layer& layer : layers) {
    name_width = std::max(name_width, layer.name.size());
    class_width = std::max(class_width, layer.class_name.size());
    shape_width = std::max(shape_width, layer.output.str().size());
    flops += layer.flops;
  }
  const auto row = [&](const auto&... cells) { fmt::print("{:<{}}  {:<{}}  {:<{}}  {:>12}  {:>14}\n", cells...); };
  row("layer", name_width, "class", class_width, "output shape", shape_width, "parameters", "FLOPs");
  for (const Layer& layer : layers)
    row(layer.name, name_width, layer.class_name, class_width, layer.output.str(), shape_width,
        thousands(layer.parameters), thousands(layer.flops));
  fmt::print("{} parameters, {:.2f} MB; {} FLOPs for one input (a multiply-add counts as two)\n", thousands(parameters),
             static_cast<double>(bytes) / 1e6, thousands(flops));
}

int run(const Arguments& arguments) {
  const auto names = models::names();
  if (std::find(names.begin(), names.end(), arguments.model) == names.end())
    throw UsageError(unknown_name("model", arguments.model, names));
  const auto network = models::make(arguments.model);
  Shape shape(arguments.input);
  shape.insert(0, 1);
  const auto layers = layers_of(*network, zeros(shape));
  std::int64_t parameters = 0, bytes = 0;
  for (const Tensor& p : network->parameters()) {
    parameters += p.numel();
    bytes += p.numel() * static_cast<std::int64_t>(p.element_size());
  }
  if (!arguments.json) {
    print_table(layers, parameters, bytes);
    return kSuccess;
  }
  nlohmann::ordered_json out{{"model", arguments.model}, {"parameters", parameters}, {"bytes", bytes}};
  for (const Layer& layer : layers)
    out["layers"].push_back({{"name", layer.name},
                             {"class", layer.class_name},
                             {"output", layer.output.vec()},
                             {"parameters", layer.parameters},
                             {"flops", layer.flops}});
  fmt::print("{}\n", out.dump(1));
  return kSuccess;
}

}  // namespace

void add_summary(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("summary", "Layers, shapes, parameters and FLOPs of a network");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--model", arguments->model, "Name of the network (default: cifar_net)");
  add_whole_number(*command, "--input", arguments->input,
                   Bounds<std::int64_t>{0, std::numeric_limits<std::int64_t>::max()},
                   "Shape of one input (default: 3,32,32)")
      ->delimiter(',');
  command->add_flag("--json", arguments->json, "Print one JSON object");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace cresset::program
