// A training that is killed again and again: it goes on from its checkpoint each time, and ends in the same bytes.
#include <cresset/cresset.h>
#include <cresset/data.h>
#include <cresset/io/checkpoint.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "support/scratch_folder.h"

namespace cresset {
namespace {

constexpr std::int64_t kSaveEvery = 3;  // steps
constexpr int kKills = 100;

// Noisy points and their labels; the noise is drawn from the generator of the sample.
struct Points {
  std::int64_t size() const { return 50; }
  std::pair<Tensor, std::int64_t> get(std::int64_t i) const { return {randn({8}) + (i % 3), i % 3}; }
};

// Everything that a checkpoint must bring back moves: the weights, Adam's moments, the order and noise of the data, and
// the default generator, which dropout draws from.
class Training {
 public:
  explicit Training(const std::string& path) : path_(path), net_(make_net()), opt_(net_.parameters(), {.lr = 0.01}) {
    if (!std::filesystem::exists(path)) return;
    const Checkpoint c = Checkpoint::load(path);
    net_.load_state_dict(c.model);
    opt_.load_state_dict(c.optimizer);
    default_generator().set_state(c.generator);
    loader_.set_state(c.data);
    step_ = c.step;
  }

  // Calls after_step(step) before each checkpoint that is due.
  template <class F>
  void run_until(std::int64_t last, F after_step) {
    while (step_ < last)
      for (auto& [inputs, labels] : loader_) {
        opt_.zero_grad();
        nn::functional::cross_entropy(net_(inputs), labels).backward();
        opt_.step();
        after_step(++step_);
        if (step_ % kSaveEvery == 0) save();
        if (step_ == last) break;
      }
  }

  void save() const {
    Checkpoint{.model = net_.state_dict(),
               .optimizer = opt_.state_dict(),
               .generator = default_generator().state(),
               .step = step_,
               .data = loader_.state()}
        .save(path_);
  }

 private:
  static nn::Sequential make_net() {
    manual_seed(3);
    return nn::Sequential{nn::Linear{8, 64}, nn::ReLU{}, nn::Dropout{0.3}, nn::Linear{64, 3}};
  }

  std::string path_;
  nn::Sequential net_;
  optim::AdamW opt_;
  data::DataLoader<Points> loader_{Points{}, {.batch_size = 4, .shuffle = true, .generator = Generator(5)}};
  std::int64_t step_ = 0;
};

// In a process of its own: trains, and says each step that is done.
[[noreturn]] void train_until_killed(const std::string& path, int report) {
  try {
    Training(path).run_until(std::numeric_limits<std::int64_t>::max(), [report](std::int64_t step) {
      if (::write(report, &step, sizeof step) != sizeof step) ::_exit(1);
    });
  } catch (...) {
  }
  ::_exit(1);
}

TEST(Checkpoint, SurvivesAKillAtAnyMoment) {
  const ScratchFolder folder;
  const std::string path = folder / "c";
  const int threads = get_num_threads();
  set_num_threads(1);  // the child of a fork has one thread
  std::mt19937 random(11);
  std::int64_t saved = 0, lost = 0, rounds_on = 0;
  for (int round = 0; round < kKills; ++round) {
    int report[2];
    ASSERT_EQ(::pipe(report), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) train_until_killed(path, report[1]);
    ::close(report[1]);
    std::int64_t step = 0, last = saved;
    // Every second kill may come while the checkpoint is read; the others come while it trains and saves.
    if (round % 2 == 0) {
      ASSERT_EQ(::read(report[0], &step, sizeof step), static_cast<ssize_t>(sizeof step)) << "the training failed";
      ASSERT_EQ(step, saved + 1) << "it did not go on from the checkpoint";
      last = step;
    }
    ::usleep(static_cast<useconds_t>(random() % 10000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
    while (::read(report[0], &step, sizeof step) == static_cast<ssize_t>(sizeof step)) {
      ASSERT_EQ(step, last + 1);
      last = step;
    }
    ::close(report[0]);
    const std::int64_t now = std::filesystem::exists(path) ? Checkpoint::load(path).step : 0;
    ASSERT_GE(now, saved);
    ASSERT_LE(now, last);
    ASSERT_LE(last - now, kSaveEvery) << "steps before the last checkpoint are lost";
    ASSERT_EQ(now % kSaveEvery, 0);
    lost += last - now;
    rounds_on += now > saved ? 1 : 0;
    saved = now;
  }
  EXPECT_GT(rounds_on, 0) << "no round came to a checkpoint";
  EXPECT_GT(lost, 0) << "no kill hit a step that was not saved";

  const std::int64_t end = saved + 20;
  Training killed(path);
  killed.run_until(end, [](std::int64_t) {});
  killed.save();
  EXPECT_EQ(folder.files(), 1u) << "what a killed process left is still there";
  const ScratchFolder elsewhere;
  const std::string whole = elsewhere / "c";
  Training uninterrupted(whole);
  uninterrupted.run_until(end, [](std::int64_t) {});
  uninterrupted.save();
  EXPECT_TRUE(read_text(path) == read_text(whole));
  set_num_threads(threads);
}

}  // namespace
}  // namespace cresset
