// Prints, as one JSON object, LibTorch's time per training step of the small network, and of one small add: the peer of
// `cresset bench`.
//
// The step is that of step.py: one batch of 4 random images in memory; zero_grad, forward, cross-entropy, backward, SGD
// 0.001 with momentum 0.9, loss.item(). Arguments: steps per repeat (300) and repeats (7).
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

namespace F = torch::nn::functional;

struct NetImpl : torch::nn::Module {
  torch::nn::Conv2d conv_1{torch::nn::Conv2dOptions(3, 6, 5)}, conv_2{torch::nn::Conv2dOptions(6, 16, 5)};
  torch::nn::MaxPool2d pool{torch::nn::MaxPool2dOptions(2).stride(2)};
  torch::nn::Linear fc_1{16 * 5 * 5, 120}, fc_2{120, 84}, fc_3{84, 10};

  NetImpl() {
    register_module("conv_1", conv_1);
    register_module("pool", pool);
    register_module("conv_2", conv_2);
    register_module("fc_1", fc_1);
    register_module("fc_2", fc_2);
    register_module("fc_3", fc_3);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = pool(F::relu(conv_1(x)));
    x = pool(F::relu(conv_2(x)));
    x = x.view({-1, 16 * 5 * 5});
    x = F::relu(fc_1(x));
    x = F::relu(fc_2(x));
    return fc_3(x);
  }
};
TORCH_MODULE(Net);

// Seconds of one call of `body`, the mean over `count` calls, once a repeat. The first round warms up and is dropped.
template <class Body>
std::vector<double> samples(int count, int repeats, Body body) {
  std::vector<double> seconds;
  for (int repeat = -1; repeat < repeats; ++repeat) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) body();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    if (repeat >= 0) seconds.push_back(elapsed.count() / count);
  }
  return seconds;
}

std::vector<double> step_samples(int steps, int repeats) {
  torch::manual_seed(0);
  const torch::Tensor inputs = torch::randn({4, 3, 32, 32});
  const torch::Tensor labels = torch::randint(0, 10, {4}, torch::kInt64);
  Net model;
  torch::nn::CrossEntropyLoss cross_entropy;
  torch::optim::SGD opt(model->parameters(), torch::optim::SGDOptions(0.001).momentum(0.9));
  double total = 0;
  auto seconds = samples(steps, repeats, [&] {
    opt.zero_grad();
    torch::Tensor loss = cross_entropy(model(inputs), labels);
    loss.backward();
    opt.step();
    total += loss.item<float>();
  });
  if (!(total > 0)) std::abort();
  return seconds;
}

std::vector<double> add_samples(bool requires_grad, int repeats) {
  const torch::Tensor a = torch::ones({16}).set_requires_grad(requires_grad);
  const torch::Tensor b = torch::ones({16});
  return samples(20000, repeats, [&] { torch::Tensor sum = a + b; });
}

std::string spread(const char* name, std::vector<double> values, double scale) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  const double median = (values[(n - 1) / 2] + values[n / 2]) / 2;
  char text[256];
  std::snprintf(text, sizeof text, "\"%s\": {\"min\": %.3f, \"median\": %.3f, \"max\": %.3f, \"repeats\": %zu}", name,
                values.front() * scale, median * scale, values.back() * scale, n);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 300;
  const int repeats = argc > 2 ? std::atoi(argv[2]) : 7;
  if (steps < 1 || repeats < 1) return std::fputs("usage: peer_step [STEPS [REPEATS]]\n", stderr), 2;
  const int threads = torch::get_num_threads();
  std::string figures = spread("step_us", step_samples(steps, repeats), 1e6);
  torch::set_num_threads(1);
  figures += ", " + spread("step_us_1_thread", step_samples(steps, repeats), 1e6);
  figures += ", " + spread("add_ns", add_samples(false, repeats), 1e9);
  figures += ", " + spread("add_tape_ns", add_samples(true, repeats), 1e9);
  std::printf("{\"program\": \"step.cpp\", \"torch\": \"%s\", \"threads\": %d, \"figures\": {%s}}\n", TORCH_VERSION,
              threads, figures.c_str());
}
