// Prints cresset's time of training steps on a device, of a small add, and the memory they take: the twin of
// device_step.py, which says what the arguments and the lines are.
#include <cresset/cresset.h>
#include <cresset/cudnn.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {

using namespace cresset;

constexpr int kWarmUp = 5, kWindows = 5;

struct Case {
  std::string text, model, precision, layout;
  std::int64_t batch = 0, side = 0;
};

Case parse(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/') parts.emplace_back();
    if (c != '/') parts.back() += c;
  }
  if (parts.size() != 5) throw ValueError("a case is MODEL/BATCH/SIDE/PRECISION/LAYOUT, got " + text);
  return {.text = text,
          .model = parts[0],
          .precision = parts[3],
          .layout = parts[4],
          .batch = std::stoll(parts[1]),
          .side = std::stoll(parts[2])};
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

std::string list(const std::vector<double>& values) {
  std::string out = "[";
  for (const double value : values) {
    char text[32];
    std::snprintf(text, sizeof text, "%s%.9g", out.size() > 1 ? ", " : "", value);
    out += text;
  }
  return out + "]";
}

void say(const std::string& members) {
  std::printf("{%s}\n", members.c_str());
  std::fflush(stdout);
}

double now() {
  const std::chrono::duration<double> since = std::chrono::steady_clock::now().time_since_epoch();
  return since.count();
}

void wait(const Device& device) {
  if (device.is_cuda()) cuda::synchronize(device);
}

// Seconds of a call, the mean over a window's, once a window. All windows together take about `seconds`.
template <class Body>
std::vector<double> windows(const Device& device, double seconds, Body body) {
  double begin = 0;
  for (int i = 0; i < 2 * kWarmUp; ++i) {
    if (i == kWarmUp) wait(device), begin = now();
    body();
  }
  wait(device);
  const double estimate = (now() - begin) / kWarmUp;
  const int count = std::max(1, static_cast<int>(seconds / kWindows / estimate));
  std::vector<double> means;
  for (int window = 0; window < kWindows; ++window) {
    begin = now();
    for (int i = 0; i < count; ++i) body();
    wait(device);
    means.push_back((now() - begin) / count);
  }
  return means;
}

void train(const Case& c, const Device& device, double seconds) {
  if (device.is_cuda()) {
    cuda::empty_cache(device);
    cuda::reset_peak_memory_stats(device);
  }
  manual_seed(0);
  const auto format = c.layout == "channels_last" ? kChannelsLast : kContiguous;
  const auto net = models::make(c.model);
  net->to({.device = device, .memory_format = format});
  const Tensor inputs = randn({c.batch, 3, c.side, c.side}).to({.device = device, .memory_format = format});
  const Tensor labels = randint(0, models::info(c.model).num_classes, {c.batch}).to(device);
  optim::SGD opt{net->parameters(), {.lr = 0.001, .momentum = 0.9}};
  Tensor loss;
  const auto step = [&] {
    opt.zero_grad();
    {
      const Autocast autocast(device, {.dtype = kBFloat16, .enabled = c.precision == "bfloat16"});
      loss = nn::functional::cross_entropy((*net)(inputs), labels);
    }
    loss.backward();
    opt.step();
  };
  const auto report = [&](const char* mode, const std::vector<double>& samples, const std::string& more) {
    std::int64_t parameters = 0;
    for (const Tensor& p : net->parameters()) parameters += p.numel();
    const double last = loss.item();
    if (!std::isfinite(last)) throw ValueError("the loss is not finite");
    say("\"case\": " + quoted(c.text) + ", \"mode\": \"" + mode + "\", \"step_s\": " + list(samples) +
        ", \"parameters\": " + std::to_string(parameters) + ", \"loss\": " + std::to_string(last) + more);
  };

  const auto eager = windows(device, seconds, step);
  std::string memory;
  if (device.is_cuda()) {
    const auto stats = cuda::memory_stats(device);
    memory = ", \"peak_bytes\": " + std::to_string(stats.peak_allocated) +
             ", \"reserved_bytes\": " + std::to_string(stats.reserved);
  }
  report("eager", eager, memory);
  if (!device.is_cuda()) return;
  const cuda::Graph graph(device);
  graph.capture(step);
  report("graph", windows(device, seconds, [&] { graph.replay(); }), "");
}

void add(const Device& device, int count) {
  const Tensor a = ones({10}, {.device = device}), b = ones({10}, {.device = device});
  std::vector<double> host, whole;
  for (int window = -1; window < kWindows; ++window) {
    wait(device);
    const double begin = now();
    for (int i = 0; i < count; ++i) const Tensor sum = a + b;
    const double given = now();
    wait(device);
    if (window < 0) continue;  // the first warms up
    host.push_back((given - begin) / count);
    whole.push_back((now() - begin) / count);
  }
  say("\"add_host_s\": " + list(host) + ", \"add_s\": " + list(whole));
}

void facts(const Device& device) {
  std::string text = "\"device\": ";
  text += quoted(device.is_cuda() ? cuda::get_device_properties(device).name : device.str());
  std::string libraries;
  for (const auto& library : cuda::libraries())
    libraries += (libraries.empty() ? "" : ", ") + quoted(library.name) + ": " +
                 quoted(library.missing.empty() ? library.version : library.missing);
  say(text + ", \"simulated\": " + (cuda::is_simulated() ? "true" : "false") + ", \"libraries\": {" + libraries + "}");
}

void first_tensor(const Device& device) {
  const Tensor first = ones({2, 3}, {.device = device});
  wait(device);
  timespec clock{};
  clock_gettime(CLOCK_MONOTONIC, &clock);
  say("\"first_ns\": " + std::to_string(clock.tv_sec * 1'000'000'000LL + clock.tv_nsec) +
      ", \"elements\": " + std::to_string(first.numel()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: device_step_cresset DEVICE [SECONDS ADDS CASE...]\n", stderr), 2;
  try {
    const Device device(argv[1]);
    if (argc < 4) return first_tensor(device), 0;
    facts(device);
    add(device, std::atoi(argv[3]));
    for (int i = 4; i < argc; ++i) {
      try {
        train(parse(argv[i]), device, std::atof(argv[2]));
      } catch (const BackendError&) {
        throw;  // nothing more can be done on the device
      } catch (const Error& error) {
        say("\"case\": " + quoted(argv[i]) + ", \"error\": " + quoted(error.what()));
      }
    }
    return 0;
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
}
