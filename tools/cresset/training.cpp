#include "training.h"

#include <cresset/cresset.h>
#include <cresset/data/loader.h>
#include <cresset/io/atomic_file.h>
#include <cresset/io/checkpoint.h>
#include <cresset/models/registry.h>
#include <cresset/nn/loss.h>
#include <cresset/optim/adam.h>
#include <cresset/optim/lr_scheduler.h>
#include <cresset/optim/sgd.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "accuracy.h"
#include "command.h"
#include "data_sets.h"
#include "history.h"
#include "interrupt.h"
#include "progress.h"
#include "run_log.h"
#include "shell_word.h"

namespace cresset::program {
namespace {

constexpr std::int64_t kLogEvery = 500;     // steps of a line in the log
constexpr std::int64_t kPrintEvery = 2000;  // steps of a printed loss, counted anew in each epoch
constexpr std::int64_t kGridImages = 32;

optim::Optimizer make_optimizer(const Recipe& recipe, std::vector<Tensor> parameters) {
  if (recipe.optimizer == "adam")
    return optim::Adam(std::move(parameters), {.lr = recipe.lr, .weight_decay = recipe.weight_decay.value_or(0)});
  if (recipe.optimizer == "adamw")
    return optim::AdamW(std::move(parameters), {.lr = recipe.lr, .weight_decay = recipe.weight_decay.value_or(0.01)});
  return optim::SGD(
      std::move(parameters),
      {.lr = recipe.lr, .momentum = recipe.momentum.value_or(0.9), .weight_decay = recipe.weight_decay.value_or(0)});
}

AutocastOptions autocast_options(const Recipe& recipe) {
  if (!recipe.autocast) return {.enabled = false};
  return {.dtype = *recipe.autocast == "float16" ? kFloat16 : kBFloat16};
}

std::int64_t count_correct(const Tensor& outputs, const Tensor& labels) {
  const NoGradGuard no_grad;
  return outputs.argmax(1).eq(labels).sum().item<std::int64_t>();
}

// The command line that goes on with an interrupted training.
std::string resume_command(const RunOptions& options) {
  const RunOptions defaults;
  std::string out = "cresset train --resume " + shell_word(options.checkpoint);
  const auto add = [&](const char* option, const auto& value, const auto& usual) {
    if (value != usual) out += fmt::format(" {} {}", option, shell_word(fmt::format("{}", value)));
  };
  add("--data", options.data, defaults.data);
  add("--device", options.device, defaults.device);
  add("--threads", options.threads, defaults.threads);
  add("--workers", options.workers, defaults.workers);
  add("--checkpoint-every", options.checkpoint_every, defaults.checkpoint_every);
  add("--log", options.log, defaults.log);
  add("--curve", options.curve, defaults.curve);
  add("--grid", options.grid, defaults.grid);
  return out;
}

class Training {
 public:
  Training(const Recipe& recipe, const RunOptions& options)
      : recipe_(recipe),
        options_(options),
        device_(options.device),
        train_set_(open_data_set(data_options(), true)),
        test_set_(open_data_set(data_options(), false)),
        // The order of the images has a stream of its own, beside that of the network.
        loader_(train_set_, {.batch_size = recipe.batch,
                             .shuffle = true,
                             .num_workers = options.workers,
                             .generator = Generator(recipe.seed)}),
        network_(make_network(recipe)),
        optimizer_(make_optimizer(recipe, network_->parameters())) {
    network_->to(device_);
    total_steps_ = steps_in_all();
    if (recipe.schedule == "one_cycle" && total_steps_ > 0)
      schedule_.emplace(optimizer_, recipe.lr,
                        optim::OneCycleLROptions{.total_steps = total_steps_, .cycle_momentum = false});
    if (recipe.autocast == "float16") scaler_.emplace(device_);
    if (!options.resume.empty()) restore();
  }

  int run() {
    check_outputs();
    const InterruptWatch interrupt;
    Progress progress(total_steps_, step_, recipe_.batch);
    RunLog log(options_.log, step_ > 0, history_.last_step());
    if (step_ == 0) log.write({{"recipe", to_json(recipe_)}, {"threads", get_num_threads()}});
    if (step_ >= total_steps_) save();
    bool stopped = false;
    while (step_ < total_steps_ && !stopped) {
      stopped = run_epoch(progress, log, interrupt);
      if (stopped) break;
      if (!epoch_done()) {
        // Ends within an epoch. The checkpoint holds nothing of this end, so that a longer training can go on from it
        // as if it had not been.
        save();
        write_last_loss(progress, log);
        test(progress, log);
        break;
      }
      ++epoch_;
      history_.printed = {};
      if (step_ == total_steps_) write_last_loss(progress, log);
      test(progress, log);
      save();
    }
    progress.finish();
    if (stopped) return say_goodbye();
    finish();
    return kSuccess;
  }

 private:
  static std::unique_ptr<nn::Module> make_network(const Recipe& recipe) {
    manual_seed(recipe.seed);
    return models::make(recipe.model);
  }
  DataSetOptions data_options() const {
    return {.name = recipe_.dataset, .folder = options_.data, .download = options_.download};
  }

  std::int64_t steps_in_all() const {
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    // One epoch less than fits, since the end of the one after the last is counted too.
    const bool countable = recipe_.epochs < most / std::max<std::int64_t>(1, loader_.size());
    if (!countable && recipe_.max_steps == 0)
      throw UsageError(fmt::format("--epochs {} of {} steps each are more steps than can be counted", recipe_.epochs,
                                   loader_.size()));
    const std::int64_t steps = countable ? recipe_.epochs * loader_.size() : most;
    return recipe_.max_steps > 0 ? std::min(steps, recipe_.max_steps) : steps;
  }

  // That a file cannot be written shows before the training, not after it.
  void check_outputs() const {
    io::AtomicFile(options_.checkpoint, "checkpoint");
    if (!options_.curve.empty()) io::AtomicFile(options_.curve, "curve");
    if (!options_.grid.empty()) io::AtomicFile(options_.grid, "grid");
  }

  // Whether an interrupt ended it.
  bool run_epoch(Progress& progress, RunLog& log, const InterruptWatch& interrupt) {
    for (auto [inputs, labels] : loader_) {
      step(inputs.to(device_), labels.to(device_));
      progress.update(step_, epoch_ + 1, recipe_.epochs, history_.printed.mean_loss(), history_.printed.accuracy());
      const bool last = step_ == total_steps_;
      if (step_ % kLogEvery == 0) {
        write_loss(progress, log);
        history_.training.push_back({step_, history_.logged.mean_loss(), history_.logged.accuracy()});
        history_.logged = {};
      }
      if (history_.printed.steps == kPrintEvery) {
        const std::int64_t in_epoch = step_ - epoch_ * loader_.size();
        progress.line(fmt::format("[{}, {:5}] loss: {:.3f}", epoch_ + 1, in_epoch, history_.printed.mean_loss()));
        history_.printed = {};
      }
      if (interrupt.requested()) {
        save();
        return !last;
      }
      if (last && !epoch_done()) break;  // otherwise the pass ends by itself
      if (options_.checkpoint_every > 0 && step_ % options_.checkpoint_every == 0) save();
    }
    return false;
  }

  std::pair<Tensor, Tensor> forward(const Tensor& inputs, const Tensor& labels) {
    const Autocast autocast(device_, autocast_options(recipe_));
    const Tensor outputs = (*network_)(inputs);
    return {outputs, cross_entropy_(outputs, labels)};
  }

  void step(const Tensor& inputs, const Tensor& labels) {
    optimizer_.zero_grad();
    const auto [outputs, loss] = forward(inputs, labels);
    if (scaler_) {
      scaler_->scale(loss).backward();
      scaler_->step(optimizer_);
      scaler_->update();
    } else {
      loss.backward();
      optimizer_.step();
    }
    if (schedule_) schedule_->step();
    ++step_;
    const double value = loss.item();
    const std::int64_t correct = count_correct(outputs, labels);
    history_.logged.add(value, correct, labels.numel());
    history_.printed.add(value, correct, labels.numel());
  }

  void write_loss(const Progress& progress, RunLog& log) const {
    const Window& w = history_.logged;
    log.write({{"step", step_},
               {"epoch", epochs_begun()},
               {"loss", w.mean_loss()},
               {"training_accuracy", w.accuracy()},
               {"images_per_second", progress.images_per_second(step_)},
               {"seconds", progress.seconds()}});
  }
  // Of the steps since the last line, if any. The history is left as it is: a longer training goes on counting.
  void write_last_loss(const Progress& progress, RunLog& log) const {
    if (history_.logged.steps > 0) write_loss(progress, log);
  }

  bool epoch_done() const { return step_ == (epoch_ + 1) * loader_.size(); }
  std::int64_t epochs_begun() const { return (step_ + loader_.size() - 1) / loader_.size(); }

  void test(Progress& progress, RunLog& log) {
    const Accuracy result = measure_accuracy(*network_, test_set_, device_, options_.workers);
    history_.tests.push_back({step_, result.loss, result.share()});
    log.write({{"step", step_}, {"epoch", epochs_begun()}, {"test_loss", result.loss}, {"accuracy", result.share()}});
    progress.line(fmt::format("epoch {}/{}: {} steps, test loss {:.3f}, test accuracy {:.2f} %, {:.0f} images/s, {}",
                              epochs_begun(), recipe_.epochs, step_, result.loss, 100 * result.share(),
                              progress.images_per_second(step_), duration_text(progress.seconds())));
    last_test_ = result;
  }

  // With that of the scaler, which has no place of its own in a checkpoint.
  StateDict schedule_state() const {
    StateDict state = schedule_ ? schedule_->state_dict() : StateDict();
    if (scaler_) state.merge("grad_scaler.", scaler_->state_dict());
    return state;
  }

  void save() const {
    const nlohmann::ordered_json settings{{"recipe", to_json(recipe_)}, {"history", to_json(history_)}};
    Checkpoint{.model = network_->state_dict(),
               .optimizer = optimizer_.state_dict(),
               .scheduler = schedule_state(),
               .generator = default_generator().state(),
               .epoch = epoch_,
               .step = step_,
               .data = loader_.state(),
               .settings = settings.dump()}
        .save(options_.checkpoint);
  }

  void restore() {
    const Checkpoint checkpoint = Checkpoint::load(options_.resume, {.device = device_});
    network_->load_state_dict(checkpoint.model);
    optimizer_.load_state_dict(checkpoint.optimizer);
    if (schedule_) schedule_->load_state_dict(checkpoint.scheduler);
    if (scaler_) scaler_->load_state_dict(checkpoint.scheduler.sub_dict("grad_scaler."));
    default_generator().set_state(checkpoint.generator);
    loader_.set_state(checkpoint.data);
    epoch_ = checkpoint.epoch;
    step_ = checkpoint.step;
    const auto settings = nlohmann::json::parse(checkpoint.settings, nullptr, false);
    history_ =
        history_of(settings.is_object() ? settings.value("history", nlohmann::json()) : settings, options_.resume);
    fmt::print("Going on from {}: epoch {}, {} steps done.\n", options_.resume, epoch_ + 1, step_);
  }

  int say_goodbye() const {
    fmt::print("Interrupted after {} of {} steps. The checkpoint is in {}.\nGo on with: {}\n", step_, total_steps_,
               options_.checkpoint, resume_command(options_));
    return kInterrupted;
  }

  void finish() {
    if (last_test_.images == 0) last_test_ = measure_accuracy(*network_, test_set_, device_, options_.workers);
    fmt::print("Finished Training: {} steps. The checkpoint is in {}.\n{}\n", step_, options_.checkpoint,
               accuracy_text(last_test_, test_set_.classes));
    if (!options_.curve.empty()) {
      History shown = history_;
      if (shown.logged.steps > 0) shown.training.push_back({step_, shown.logged.mean_loss(), shown.logged.accuracy()});
      shown.save_curve(fmt::format("{} on {}: loss", recipe_.model, recipe_.dataset), options_.curve);
      fmt::print("Loss and accuracy: {}\n", options_.curve);
    }
    if (!options_.grid.empty()) {
      save_prediction_grid(*network_, test_set_, device_, kGridImages, options_.grid);
      fmt::print("Test images with predictions: {}\n", options_.grid);
    }
  }

  const Recipe& recipe_;
  const RunOptions& options_;
  Device device_;
  data::ImageDataset train_set_, test_set_;
  data::DataLoader<data::ImageDataset> loader_;
  std::unique_ptr<nn::Module> network_;
  optim::Optimizer optimizer_;
  std::optional<optim::OneCycleLR> schedule_;
  std::optional<GradScaler> scaler_;
  nn::CrossEntropyLoss cross_entropy_;
  History history_;
  Accuracy last_test_;
  std::int64_t epoch_ = 0, step_ = 0, total_steps_ = 0;
};

}  // namespace

int train(const Recipe& recipe, const RunOptions& options) { return Training(recipe, options).run(); }

}  // namespace cresset::program
