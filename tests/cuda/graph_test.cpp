// cuda::Graph: a captured step, replayed, is the same step again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "cuda/cuda_test.h"
#include "support/message.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::HasSubstr;

class CudaGraph : public CudaTest {};

struct Net : nn::Module {
  nn::Conv2d conv{3, 4, 3};
  nn::BatchNorm2d norm{4};
  nn::MaxPool2d pool{2, 2};
  nn::Dropout dropout{0.5};
  nn::Linear fc{4 * 3 * 3, 5};
  CRESSET_MODULE(conv, norm, pool, dropout, fc)
  Tensor forward(const Tensor& input) override { return fc(dropout(pool(F::relu(norm(conv(input)))).flatten(1))); }
};

TEST_F(CudaGraph, AReplayReadsWhatStandsInTheInputThen) {
  const Tensor x = ones({1000}, {.device = kCuda});
  Tensor y;
  const cuda::Graph graph;
  EXPECT_FALSE(graph.is_captured());
  graph.capture([&] {
    EXPECT_TRUE(cuda::is_current_stream_capturing());
    y = (x * 2 + 1).relu();
  });
  EXPECT_FALSE(cuda::is_current_stream_capturing());
  EXPECT_TRUE(graph.is_captured());
  const auto waits = cuda::synchronization_count();
  graph.replay();
  const Tensor first = y.clone();
  x.fill_(5);
  graph.replay();
  EXPECT_EQ(cuda::synchronization_count(), waits);
  EXPECT_EQ(first.sum().item(), 3000);
  EXPECT_EQ(y.sum().item(), 11000);
}

TEST_F(CudaGraph, ReplaysDrawWhatEagerCallsDraw) {
  const Tensor x = ones({1003}, {.device = kCuda});
  const Generator own(77);
  const auto draw = [&] {
    Tensor masked = F::dropout(x, 0.3);
    Tensor noise = randn({101}, {.generator = own, .device = kCuda});
    return std::vector<Tensor>{masked, noise, rand({33}, {.device = kCuda}), F::dropout(x, 0.5)};
  };
  manual_seed(3);
  std::vector<Tensor> expected;
  for (int i = 0; i < 2; ++i)
    for (const Tensor& y : draw()) expected.push_back(y.cpu());
  const auto after = default_generator().state();
  const auto own_after = own.state();

  own.manual_seed(77);
  manual_seed(3);
  std::vector<Tensor> now;
  const cuda::Graph graph;
  graph.capture([&] { now = draw(); });
  EXPECT_EQ(default_generator().state().offset, 0U);  // the capture itself draws nothing
  std::vector<Tensor> got;
  for (int i = 0; i < 2; ++i) {
    graph.replay();
    for (const Tensor& y : now) got.push_back(y.cpu());
  }
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(got[i].equal(expected[i])) << i;
  EXPECT_FALSE(got[0].equal(got[4]));
  EXPECT_EQ(default_generator().state(), after);
  EXPECT_EQ(own.state(), own_after);
  manual_seed(4);
  graph.replay();
  const Tensor fourth = now[0].cpu();
  manual_seed(4);
  EXPECT_TRUE(F::dropout(x, 0.3).cpu().equal(fourth));
}

// Trains twice from one start, eagerly and by replays, with a learning rate that changes; the states must be equal bit
// for bit.
enum class Precision { float32, autocast, bfloat16 };
template <class Optimizer, class Options>
void compare_training(const Options& options, Precision precision = Precision::float32) {
  struct Run {
    std::vector<Tensor> state;
    std::vector<double> losses;
    StateDict optimizer;
    Generator::State generator;
  };
  const auto train = [&](bool captured) {
    manual_seed(21);
    Net net;
    net.to(kCuda);
    const DType dtype = precision == Precision::bfloat16 ? kBFloat16 : kFloat32;
    if (precision == Precision::bfloat16) net.to(dtype);
    Optimizer opt(net.parameters(), options);
    optim::StepLR schedule(opt, 1, {.gamma = 0.5});
    const Tensor inputs = randn({4, 3, 8, 8}).to(kCuda, dtype), labels = arange(4).to(kCuda);
    Tensor loss;
    const auto step = [&] {
      opt.zero_grad();
      {
        const Autocast autocast("cuda", {.enabled = precision == Precision::autocast});
        loss = F::cross_entropy(net(inputs), labels);
      }
      loss.backward();
      opt.step();
    };
    Run run;
    const cuda::Graph graph;
    const auto waits = cuda::synchronization_count();
    for (int i = 0; i < 4; ++i) {
      inputs.copy_(randn({4, 3, 8, 8}));
      if (i == 1 && captured) graph.capture(step);
      if (i == 0 || !captured)
        step();
      else
        graph.replay();
      schedule.step();
      run.state.push_back(loss.detach().clone());
    }
    EXPECT_EQ(cuda::synchronization_count(), waits);
    for (const Tensor& value : run.state) run.losses.push_back(value.item());
    for (const auto& [name, value] : net.state_dict()) run.state.push_back(value.cpu());
    run.optimizer = opt.state_dict();
    run.generator = default_generator().state();
    return run;
  };
  const Run eager = train(false), replayed = train(true);
  EXPECT_EQ(replayed.losses, eager.losses);
  EXPECT_EQ(replayed.generator, eager.generator);
  for (std::size_t i = 4; i < eager.state.size(); ++i) EXPECT_TRUE(replayed.state[i].equal(eager.state[i])) << i;
  for (const auto& [name, value] : eager.optimizer)
    EXPECT_TRUE(replayed.optimizer.at(name).cpu().equal(value.cpu())) << name;
  EXPECT_NE(eager.losses[1], eager.losses[2]);
}

TEST_F(CudaGraph, AdamStepsAreTheEagerOnes) {
  compare_training<optim::Adam>(optim::AdamOptions{.lr = 0.01, .weight_decay = 0.01, .amsgrad = true});
}
TEST_F(CudaGraph, AdamWStepsAreTheEagerOnes) { compare_training<optim::AdamW>(optim::AdamWOptions{.lr = 0.01}); }
TEST_F(CudaGraph, SgdStepsAreTheEagerOnes) {
  compare_training<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01});
}

TEST_F(CudaGraph, StepsUnderAutocastAreTheEagerOnes) {
  compare_training<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9}, Precision::autocast);
}
TEST_F(CudaGraph, StepsOfMasterWeightsAreTheEagerOnes) {
  compare_training<optim::AdamW>(optim::AdamWOptions{.lr = 0.01, .master_weights = true}, Precision::bfloat16);
  compare_training<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .master_weights = true},
                               Precision::bfloat16);
}

TEST_F(CudaGraph, ManyParametersTakeTheirOwnNumbers) {
  // More tensors than one launch takes, which have taken different numbers of steps.
  const auto train = [](bool captured) {
    std::vector<Tensor> params;
    for (int i = 0; i < 90; ++i)
      params.push_back(full({3}, static_cast<double>(i), {.device = kCuda, .requires_grad = true}));
    optim::Adam opt(params, {.lr = 0.1});
    for (int i = 0; i < 90; ++i)
      for (int step = 0; step <= i % 3; ++step) {
        opt.zero_grad();
        params[i].set_grad(ones({3}, {.device = kCuda}));
        opt.step();
      }
    for (const Tensor& p : params) p.set_grad(full({3}, 0.5, {.device = kCuda}));
    const cuda::Graph graph;
    if (captured) graph.capture([&] { opt.step(); });
    for (int i = 0; i < 3; ++i) captured ? graph.replay() : opt.step();
    std::vector<Tensor> values;
    for (const Tensor& p : params) values.push_back(p.detach().cpu());
    return values;
  };
  const auto eager = train(false), replayed = train(true);
  for (std::size_t i = 0; i < eager.size(); ++i) EXPECT_TRUE(replayed[i].equal(eager[i])) << i;
}

TEST_F(CudaGraph, SaysWhatCannotBeCaptured) {
  const Tensor x = ones({3}, {.device = kCuda}), here = ones({3});
  const auto capture = [](auto work) { return message_of<UnsupportedError>([&] { cuda::Graph().capture(work); }); };
  const std::string waits =
      ": waits for cuda:0, which a graph that is being captured cannot do: call it before the capture, or after a "
      "replay";
  EXPECT_EQ(capture([&] { x.sum().item(); }), "item" + waits);
  EXPECT_EQ(capture([&] { static_cast<void>(x.equal(x)); }), "equal" + waits);
  EXPECT_EQ(capture([&] { static_cast<void>(x.allclose(x)); }), "allclose" + waits);
  EXPECT_EQ(capture([&] { randperm(5, {.device = kCuda}); }), "randperm" + waits);
  EXPECT_EQ(capture([&] { cuda::synchronize(); }), "cuda::synchronize" + waits);
  EXPECT_EQ(capture([&] { cuda::current_stream().synchronize(); }), "Stream::synchronize" + waits);
  EXPECT_EQ(capture([&] { cuda::current_stream().query(); }), "Stream::query" + waits);
  EXPECT_EQ(capture([&] { cuda::current_stream().record_event().query(); }), "Event::query" + waits);
  EXPECT_EQ(capture([&] { cuda::current_stream().record_event().synchronize(); }), "Event::synchronize" + waits);
  EXPECT_THAT(capture([&] { x.cpu(); }), HasSubstr("copying from cuda:0 to cpu: waits"));
  EXPECT_THAT(capture([&] { static_cast<void>(x.str()); }), HasSubstr("copying from cuda:0 to cpu: waits"));
  EXPECT_THAT(capture([&] { here.to(kCuda); }), HasSubstr("pinned memory (pin_memory())"));
  EXPECT_THAT(capture([&] { here.pin_memory().to(kCuda); }), HasSubstr("non_blocking"));
  const Tensor w = ones({3}, {.device = kCuda, .requires_grad = true});
  optim::Adam opt({w}, {});
  w.set_grad(x);
  EXPECT_THAT(capture([&] { opt.step(); }), HasSubstr("take one step before the capture"));
  // Nothing of it stays.
  EXPECT_FALSE(cuda::is_current_stream_capturing());
  EXPECT_EQ((x + x).sum().item(), 6);
}

TEST_F(CudaGraph, SaysWhenItIsUsedInTheWrongOrder) {
  const cuda::Graph graph, other;
  const Tensor x = ones({3}, {.device = kCuda});
  EXPECT_THAT(message_of<ValueError>([&] { graph.replay(); }), HasSubstr("nothing has been captured"));
  EXPECT_THAT(message_of<ValueError>([&] { graph.capture_end(); }), HasSubstr("needs a capture_begin()"));
  graph.capture_begin();
  EXPECT_THAT(message_of<ValueError>([&] { graph.capture_begin(); }), HasSubstr("reset() it first"));
  EXPECT_THAT(message_of<ValueError>([&] { other.capture_begin(); }), HasSubstr("captures another graph"));
  std::thread([&] {
    EXPECT_THAT(message_of<ValueError>([&] { graph.capture_end(); }), HasSubstr("in the thread where it began"));
    EXPECT_THAT(message_of<ValueError>([&] { graph.reset(); }), HasSubstr("in the thread where it began"));
    EXPECT_EQ((x + 1).sum().item(), 6);  // another thread's work is its own
  }).join();
  graph.capture_end();
}

// They are sent before the replay begins: in a block that a tensor of the forward had, the replay would overwrite them.
TEST_F(CudaGraph, NumbersOfTheOptimizerOutlastWhatIsComputedBefore) {
  const auto train = [](bool with_graph) {
    const Tensor w = ones({1024}, {.device = kCuda, .requires_grad = true});
    optim::SGD opt({w}, {.lr = 0.125, .momentum = 0.5});
    const auto step = [&] {
      opt.zero_grad();
      for (const std::int64_t size : {512, 1024, 2048}) const Tensor gone = ones({size}, {.device = kCuda}) * 3;
      (w * w).sum().backward();
      opt.step();
    };
    step();
    const cuda::Graph graph;
    if (with_graph) graph.capture(step);
    for (int i = 0; i < 4; ++i) with_graph ? graph.replay() : step();
    return w.detach().cpu();
  };
  EXPECT_TRUE(train(true).equal(train(false)));
}

TEST_F(CudaGraph, RefusesAnOptimizerThatHasChanged) {
  const Tensor w = ones({3}, {.device = kCuda, .requires_grad = true});
  optim::SGD opt({w}, {.lr = 0.1});
  w.set_grad(ones({3}, {.device = kCuda}));
  const cuda::Graph graph;
  graph.capture([&] { opt.step(); });
  graph.replay();
  opt.param_groups()[0].momentum = 0.9;
  EXPECT_THAT(message_of<ValueError>([&] { graph.replay(); }), HasSubstr("SGD: an option that is no number"));
  opt.param_groups()[0].momentum = 0;
  opt.set_lr(0.5);
  graph.replay();
  EXPECT_FLOAT_EQ(w.detach()[0].item<float>(), 1 - 0.1F - 0.5F);

  optim::Adam adam({w}, {.lr = 0.1});
  adam.step();
  const cuda::Graph second;
  second.capture([&] { adam.step(); });
  adam.load_state_dict(adam.state_dict());
  EXPECT_THAT(message_of<ValueError>([&] { second.replay(); }), HasSubstr("Adam: the state was replaced"));
}

TEST_F(CudaGraph, ItsMemoryIsItsOwn) {
  const auto before = cuda::memory_stats();
  const Tensor x = ones({1000}, {.device = kCuda});
  Tensor y;
  {
    const cuda::Graph graph;
    graph.capture([&] {
      y = x;
      for (int i = 0; i < 10; ++i) y = y + 1;
    });
    // The result and the one before it take turns.
    EXPECT_LE(cuda::memory_stats().reserved - before.reserved, 4 * 4096 + (2 << 20));
    graph.replay();
    const Tensor other = full({1000}, 3, {.device = kCuda});  // is not where the graph writes
    EXPECT_EQ(y.sum().item(), 11000);
    graph.replay();
    EXPECT_EQ(other.sum().item(), 3000);
    EXPECT_EQ(y.sum().item(), 11000);
  }
  EXPECT_EQ(y.sum().item(), 11000);  // outlives the graph
  EXPECT_EQ(cuda::memory_stats().allocated, before.allocated + 8000);
  y = {};
  EXPECT_EQ(cuda::memory_stats().allocated, before.allocated + 4000);
  cuda::empty_cache();
  EXPECT_LE(cuda::memory_stats().reserved, before.reserved + (2 << 20));
}

TEST_F(CudaGraph, OutOfMemoryEndsTheCaptureOnly) {
  const auto before = cuda::memory_stats().allocated;
  const Tensor x = ones({100}, {.device = kCuda});
  const cuda::Graph graph;
  cuda::set_memory_limit(before + 1000);
  EXPECT_THAT(message_of<OutOfMemoryError>([&] { graph.capture([&] { x + zeros({200}, {.device = kCuda}); }); }),
              HasSubstr("cuda:0: cannot allocate 800 bytes"));
  cuda::set_memory_limit(0);
  EXPECT_FALSE(graph.is_captured());
  EXPECT_EQ(cuda::memory_stats().allocated, before + 400);
  Tensor y;
  graph.capture([&] { y = x + 1; });
  graph.replay();
  EXPECT_EQ(y.sum().item(), 200);
}

TEST_F(CudaGraph, CopiesFromAndToPinnedMemory) {
  Tensor there, back;
  const cuda::Graph graph;
  const Tensor in = ones({100}).pin_memory();
  graph.capture([&] {
    there = in.to(ToOptions{.device = kCuda, .non_blocking = true}) * 3;
    back = there.to(ToOptions{.device = Device("cpu"), .non_blocking = true});
  });
  for (const int value : {2, 7}) {
    in.fill_(value);
    graph.replay();
    cuda::synchronize();
    EXPECT_EQ(back.sum().item(), 300 * value);
  }
}

TEST_F(CudaGraph, StreamsForkAndJoin) {
  const Tensor x = ones({100}, {.device = kCuda});
  const cuda::Stream side;
  Tensor y, z;
  const cuda::Graph graph;
  graph.capture([&] {
    y = x + 1;
    side.wait_stream(cuda::current_stream());
    {
      const cuda::StreamGuard guard(side);
      cuda::record_stream(y, side);
      z = y * 10;
    }
    y = y + 5;
    cuda::current_stream().wait_stream(side);
    z = z + y;
  });
  for (int i = 0; i < 2; ++i) {
    graph.replay();
    EXPECT_EQ(z.sum().item(), 2700);
  }
}

TEST_F(CudaGraph, ReplaysReportBadValues) {
  const Tensor x = randn({2, 5}).to(kCuda), labels = zeros({2}, {.dtype = kInt64, .device = kCuda});
  Tensor loss;
  const cuda::Graph graph;
  graph.capture([&] { loss = F::cross_entropy(x, labels); });
  cuda::synchronize();
  graph.replay();
  cuda::synchronize();
  labels.fill_(9);
  graph.replay();
  EXPECT_THAT(message_of<IndexError>([&] { cuda::synchronize(); }), HasSubstr("Target 9 is out of bounds"));
  labels.fill_(1);
  graph.replay();
  cuda::synchronize();
}

TEST_F(CudaGraph, IsHandledAsAValue) {
  const Tensor x = ones({10}, {.device = kCuda});
  Tensor y;
  cuda::Graph graph;
  const cuda::Graph copy = graph;
  graph.capture([&] { y = x + 1; });
  EXPECT_TRUE(copy.is_captured());
  graph = cuda::Graph();
  copy.replay();
  EXPECT_EQ(y.sum().item(), 20);
  copy.reset();
  EXPECT_FALSE(copy.is_captured());
  copy.capture([&] { y = x + 2; });
  copy.replay();
  EXPECT_EQ(y.sum().item(), 30);
  { cuda::Graph().capture_begin(); }  // goes without an end: the capture ends with it
  EXPECT_FALSE(cuda::is_current_stream_capturing());
  EXPECT_EQ((x + 1).sum().item(), 20);
}

}  // namespace
}  // namespace cresset::test
