// The program: output, exit codes, files, exact resuming.
#include <cresset/io/checkpoint.h>
#include <cresset/models/registry.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/support.h"

namespace cresset {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

class Program : public testing::Test {
 protected:
  Program() { write_small_mnist(folder_.path()); }

  Ended run(std::vector<std::string> arguments) { return run_program(folder_, std::move(arguments)); }
  // `cresset train` on the small data set: 50 steps an epoch.
  Ended train(const std::string& checkpoint, std::vector<std::string> more) {
    return run(train_arguments(checkpoint, std::move(more)));
  }
  std::vector<std::string> train_arguments(const std::string& checkpoint, std::vector<std::string> more) {
    std::vector<std::string> arguments{"train", "--data", folder_.path(), "--checkpoint", checkpoint};
    const bool resumes = std::find(more.begin(), more.end(), "--resume") != more.end();
    if (!resumes) arguments.insert(arguments.end(), {"--dataset", "mnist"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::string bytes(const std::string& name) { return read_text(folder_ / name); }
  std::vector<Json> log_lines(const std::string& name) {
    std::vector<Json> lines;
    std::istringstream text(bytes(name));
    for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
    return lines;
  }

  ScratchFolder folder_;
};

TEST_F(Program, SaysWhereItsOutputCannotBeWritten) {
  std::filesystem::create_symlink("/dev/full", folder_ / "out");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"summary"}, {"summary", "--json"}, {"info"}, {"--help"}}) {
    int status = 0;
    ::waitpid(start_program(folder_, arguments), &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << arguments[0];
    EXPECT_EQ(bytes("err"), "cresset: cannot write the output: No space left on device\n");
  }
}

TEST_F(Program, SaysItsVersionAndHelp) {
  EXPECT_THAT(run({"--version"}).out, testing::StartsWith("cresset "));
  const Ended help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* word : {"train", "eval", "summary", "export", "bench", "info", "Exit codes"})
    EXPECT_THAT(help.out, HasSubstr(word));
}

TEST_F(Program, NamesWhatAMistypedWordMayMean) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"trian"}, "cresset: unknown command 'trian'; did you mean 'train'?"},
      {{"train", "--epoch", "3"}, "cresset: unknown option '--epoch'; did you mean '--epochs'?"},
      {{"train", "--modle=x"}, "cresset: unknown option '--modle'; did you mean '--model'?"},
      {{"train", "--model", "cifarnet"}, "cresset: unknown model 'cifarnet'; did you mean 'cifar_net'?"},
      {{"train", "--optimizer", "adan"}, "cresset: unknown optimizer 'adan'; did you mean 'adam'?"},
      {{"train", "--dataset", "cifar"}, "cresset: unknown data set 'cifar'; did you mean 'cifar10'?"},
      {{"train", "--schedule", "onecycle"}, "cresset: unknown schedule 'onecycle'; did you mean 'one_cycle'?"},
      {{"train", "--autocast", "int8"}, "cresset: unknown autocast type 'int8'; there are: bfloat16, float16"},
      {{"summary", "--model", "x"},
       fmt::format("cresset: unknown model 'x'; there are: {}", fmt::join(models::names(), ", "))},
      {{"train", "--optimizer", "adam", "--momentum", "0.5"}, "cresset: --momentum is for sgd, not for adam"},
      {{"train", "--resume"}, "cresset: --resume needs a file, or --checkpoint"},
  };
  for (const auto& [arguments, message] : cases) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.code, 2) << message;
    EXPECT_THAT(ended.err, testing::StartsWith(message + "\n"));
    EXPECT_EQ(ended.out, "");
  }
}

TEST_F(Program, ReadsNumbersStrictly) {
  const auto whole = [](const std::string& option, const std::string& least, const std::string& most) {
    return option + " must be a whole number from " + least + " to " + most + ", got ";
  };
  const std::string seed = whole("--seed", "0", "18446744073709551615"), most = "9223372036854775807";
  const std::string lr = "--lr must be a finite number of at least 0, got ";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"train", "--seed", "-1"}, seed + "-1"},
      {{"train", "--seed", "99999999999999999999"}, seed + "99999999999999999999"},
      {{"train", "--seed=1.5"}, seed + "1.5"},
      {{"train", "--seed", "0x10"}, seed + "0x10"},
      {{"train", "--lr", "inf"}, lr + "inf"},
      {{"train", "--lr", "nan"}, lr + "nan"},
      {{"train", "--lr", "1e400"}, lr + "1e400"},
      {{"train", "--lr", "-1"}, lr + "-1"},
      {{"train", "--lr", "0.1x"}, lr + "0.1x"},
      {{"train", "--momentum", "-0.5"}, "--momentum must be a finite number of at least 0, got -0.5"},
      {{"train", "--weight-decay", "infinity"}, "--weight-decay must be a finite number of at least 0, got infinity"},
      {{"train", "--batch", "0"}, whole("--batch", "1", most) + "0"},
      {{"train", "--batch", "9223372036854775808"}, whole("--batch", "1", most) + "9223372036854775808"},
      {{"train", "--epochs", "1e2"}, whole("--epochs", "0", most) + "1e2"},
      {{"train", "--max-steps", "-3"}, whole("--max-steps", "0", most) + "-3"},
      {{"train", "--checkpoint-every", "-1"}, whole("--checkpoint-every", "0", most) + "-1"},
      {{"train", "--workers", "-1"}, whole("--workers", "0", "1024") + "-1"},
      {{"train", "--threads", "-2"}, whole("--threads", "0", "1024") + "-2"},
      {{"eval", "--checkpoint", "c", "--threads", "-2"}, whole("--threads", "0", "1024") + "-2"},
      {{"eval", "--checkpoint", "c", "--workers", "4 "}, whole("--workers", "0", "1024") + "4 "},
      {{"summary", "--input", "3,-1,5"}, whole("--input", "0", most) + "-1"},
      {{"summary", "--input", "3,9223372036854775808,1"}, whole("--input", "0", most) + "9223372036854775808"},
      {{"bench", "--steps", "0"}, whole("--steps", "1", "1000000") + "0"},
      {{"bench", "--repeats", "0"}, whole("--repeats", "1", "1000000") + "0"},
      {{"bench", "--workers", "9999999999"}, whole("--workers", "0", "1024") + "9999999999"},
  };
  for (const auto& [arguments, message] : cases) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.code, 2) << message;
    EXPECT_THAT(ended.err, testing::StartsWith("cresset: " + message + "\n"));
    EXPECT_LT(ended.err.size(), 300u) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
}

TEST_F(Program, TakesTheLargestNumbers) {
  const std::string most = "9223372036854775807";
  const Ended endless = train("c", {"--epochs", most});
  EXPECT_EQ(endless.code, 2);
  EXPECT_THAT(endless.err, testing::StartsWith("cresset: --epochs " + most +
                                               " of 50 steps each are more steps than can be counted\n"));
  EXPECT_EQ(bytes("c"), "");
  // As many as there are, up to a number of steps.
  const Ended ended = train("c", {"--epochs", most, "--max-steps", "3", "--seed", "18446744073709551615"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(Checkpoint::load(folder_ / "c").step, 3);
  ASSERT_EQ(train("d", {"--epochs", "3", "--batch", most}).code, 0);
  EXPECT_EQ(Checkpoint::load(folder_ / "d").step, 3);
}

TEST_F(Program, SavesTheNetworkThatWasNotTrained) {
  const Ended ended = train("z", {"--epochs", "0"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("0 steps. The checkpoint is in z."));
  EXPECT_EQ(Checkpoint::load(folder_ / "z").step, 0);
  ASSERT_EQ(train("y", {"--resume", "z", "--epochs", "2"}).code, 0);
  EXPECT_EQ(Checkpoint::load(folder_ / "y").step, 100);
  // Nothing is left to do, but the file is another.
  ASSERT_EQ(train("x", {"--resume", "y"}).code, 0);
  EXPECT_EQ(bytes("x"), bytes("y"));
}

TEST_F(Program, RefusesFilesThatItCannotWriteBeforeItTrains) {
  for (const char* option : {"--checkpoint", "--curve", "--grid", "--log"})
    for (const char* path : {"no such folder/file", "/"}) {
      const bool checkpoint = std::string(option) == "--checkpoint";
      const Ended ended = checkpoint ? train(path, {}) : train("c", {option, path});
      EXPECT_EQ(ended.code, 1) << option;
      const std::string what = std::string(option).substr(2);
      EXPECT_THAT(ended.err, testing::StartsWith("cresset: " + what + ": " + path + ": "));
      EXPECT_THAT(ended.out, testing::Not(HasSubstr("epoch")));
      EXPECT_EQ(bytes("c"), "");
    }
  ASSERT_EQ(train("c", {"--max-steps", "1"}).code, 0);
  const Ended ended = run({"eval", "--checkpoint", "c", "--data", folder_.path(), "--grid", "none/g.png"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, testing::StartsWith("cresset: grid: none/g.png: "));
  EXPECT_EQ(ended.out, "");
}

TEST_F(Program, NamesItsOwnOptionWhereDataAreMissing) {
  for (const char* name : {"cifar10", "mnist", "fashion_mnist"}) {
    const Ended ended = run({"train", "--data", "/nowhere", "--dataset", name});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("; --download fetches it\n"));
    EXPECT_THAT(ended.err, testing::Not(HasSubstr(".download")));
  }
}

TEST_F(Program, FailsWithTheReason) {
  const Ended no_data = run({"train", "--data", "/nowhere"});
  EXPECT_EQ(no_data.code, 1);
  EXPECT_THAT(no_data.err, HasSubstr("/nowhere/cifar-10-batches-bin/data_batch_1.bin"));
  const Ended no_file = run({"eval", "--checkpoint", "none"});
  EXPECT_EQ(no_file.code, 1);
  EXPECT_EQ(no_file.err, "cresset: load: none: cannot open it: No such file or directory\n");
  write_text(folder_ / "junk", "junk");
  EXPECT_EQ(run({"train", "--resume", "junk"}).code, 1);
  EXPECT_EQ(run({"train", "--data", folder_.path(), "--device", "cuda"}).code, 1);
}

TEST_F(Program, TrainsTestsAndWritesItsFiles) {
  const Ended ended = train("c.st", {"--log", "log", "--curve", "curve.png", "--grid", "grid.png"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("epoch 2/2: 100 steps"));
  EXPECT_THAT(ended.out, HasSubstr("Accuracy of the network on the 40 test images: "));
  EXPECT_THAT(ended.out, HasSubstr("\nAccuracy of "));
  EXPECT_THAT(ended.out, testing::Not(HasSubstr("\r")));
  for (const char* name : {"curve.png", "grid.png"}) EXPECT_EQ(bytes(name).substr(1, 3), "PNG");

  const auto lines = log_lines("log");
  EXPECT_EQ(lines.front()["recipe"]["model"], "cifar_net");
  EXPECT_EQ(lines.back()["step"], 100);
  EXPECT_TRUE(lines.back().contains("accuracy"));
  EXPECT_EQ(lines[lines.size() - 2]["step"], 100);
  EXPECT_GT(lines[lines.size() - 2]["loss"].get<double>(), 0);
  const Checkpoint c = Checkpoint::load(folder_ / "c.st");
  EXPECT_EQ(c.step, 100);
  EXPECT_EQ(c.epoch, 2);
}

TEST_F(Program, OneSeedGivesTheSameBytesWhateverTheThreadsAndWorkers) {
  ASSERT_EQ(train("a", {"--threads", "2", "--workers", "2"}).code, 0);
  const std::string expected = bytes("a");
  for (const char* threads : {"1", "2"})
    for (const char* workers : {"0", "1", "3"}) {
      ASSERT_EQ(train("b", {"--threads", threads, "--workers", workers}).code, 0);
      EXPECT_TRUE(bytes("b") == expected) << threads << " threads, " << workers << " workers";
    }
  ASSERT_EQ(train("b", {"--seed", "1"}).code, 0);
  EXPECT_FALSE(bytes("b") == expected);
}

// Stopped within an epoch, at the end of one, and in the second; with every optimizer.
TEST_F(Program, AResumedTrainingEndsInTheSameBytes) {
  for (const std::string optimizer : {"sgd", "adam", "adamw"}) {
    ASSERT_EQ(train("whole", {"--optimizer", optimizer, "--max-steps", "90"}).code, 0);
    for (const char* first : {"1", "20", "50", "77"}) {
      ASSERT_EQ(train("part", {"--optimizer", optimizer, "--max-steps", first}).code, 0);
      const Ended ended = run({"train", "--resume", "part", "--data", folder_.path(), "--max-steps", "90"});
      ASSERT_EQ(ended.code, 0) << ended.err;
      EXPECT_TRUE(bytes("part") == bytes("whole")) << optimizer << " stopped after " << first;
    }
  }
}

TEST_F(Program, TrainsWithAScheduleAndAutocast) {
  const std::vector<std::string> cast{"--autocast", "bfloat16"}, cycle{"--schedule", "one_cycle"};
  const auto steps = [&](const std::string& name, std::vector<std::string> more, const std::string& count) {
    more.insert(more.end(), {"--max-steps", count});
    const Ended ended = train(name, more);
    EXPECT_EQ(ended.code, 0) << ended.err;
  };
  steps("plain", {}, "20");
  steps("cycle", cycle, "20");
  steps("whole", cast, "30");
  steps("part", {"--autocast", "bfloat16", "--log", "log"}, "20");
  EXPECT_NE(bytes("plain"), bytes("cycle"));
  EXPECT_NE(bytes("plain"), bytes("part"));
  EXPECT_EQ(log_lines("log").front()["recipe"]["autocast"], "bfloat16");
  // A resumed training goes on under autocast; a schedule is made for its number of steps.
  const Ended resumed = run({"train", "--resume", "part", "--data", folder_.path(), "--max-steps", "30"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_TRUE(bytes("part") == bytes("whole"));
  const Ended longer = run({"train", "--resume", "cycle", "--data", folder_.path(), "--max-steps", "30"});
  EXPECT_EQ(longer.code, 2);
  EXPECT_THAT(longer.err, HasSubstr("--max-steps"));
}

TEST_F(Program, RefusesToResumeAnotherTraining) {
  ASSERT_EQ(train("c", {"--max-steps", "3"}).code, 0);
  const Ended ended = train("c", {"--resume", "--lr", "0.5"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("--lr 0.5: the checkpoint was trained with another value"));
}

TEST_F(Program, CtrlCWritesACheckpointAndSaysHowToGoOn) {
  ASSERT_EQ(train("whole", {"--epochs", "400", "--max-steps", "2000"}).code, 0);
  const pid_t child = start_program(
      folder_, train_arguments("part", {"--epochs", "400", "--max-steps", "2000", "--checkpoint-every", "1"}));
  while (!std::filesystem::exists(folder_ / "part")) ::usleep(1000);
  ::kill(child, SIGINT);
  const Ended ended = wait_for(folder_, child);
  ASSERT_EQ(ended.code, 130) << ended.out << ended.err;
  EXPECT_THAT(ended.out,
              HasSubstr(" of 2000 steps. The checkpoint is in part.\nGo on with: cresset train --resume part --data "));
  ASSERT_LT(Checkpoint::load(folder_ / "part").step, 2000);
  ASSERT_EQ(train("part", {"--resume"}).code, 0);
  EXPECT_TRUE(bytes("part") == bytes("whole"));
}

// The line that it prints is run by a shell as it is.
TEST_F(Program, TheLineToGoOnWithSurvivesAShell) {
  const std::string name = "it's a b/$HOME;c.st";
  std::filesystem::create_directory(folder_ / "it's a b");
  const pid_t child = start_program(folder_, train_arguments(name, {"--epochs", "400", "--max-steps", "4000", "--log",
                                                                    "lo g", "--checkpoint-every", "1"}));
  while (!std::filesystem::exists(folder_ / name)) ::usleep(1000);
  ::kill(child, SIGINT);
  const Ended ended = wait_for(folder_, child);
  ASSERT_EQ(ended.code, 130) << ended.out << ended.err;
  const std::string mark = "Go on with: cresset";
  const auto at = ended.out.find(mark);
  ASSERT_NE(at, std::string::npos) << ended.out;
  const std::string arguments = ended.out.substr(at + mark.size(), ended.out.find('\n', at) - at - mark.size());
  const std::int64_t before = Checkpoint::load(folder_ / name).step;
  const std::string line = "cd '" + folder_.path() + "' && '" + program_path() + "'" + arguments + " --max-steps " +
                           std::to_string(before + 1) + " >out 2>err";
  ASSERT_EQ(std::system(line.c_str()), 0) << line << bytes("err");
  EXPECT_EQ(Checkpoint::load(folder_ / name).step, before + 1);
  EXPECT_THAT(bytes("lo g"), HasSubstr("\"step\":"));
}

TEST_F(Program, KeepsTheLogInStepWithTheCheckpoint) {
  ASSERT_EQ(train("c", {"--log", "log", "--max-steps", "60"}).code, 0);
  ASSERT_EQ(train("c", {"--log", "log", "--resume", "--max-steps", "100"}).code, 0);
  std::vector<int> tests;
  for (const Json& line : log_lines("log"))
    if (line.contains("accuracy")) tests.push_back(line["step"]);
  EXPECT_THAT(tests, testing::ElementsAre(50, 100));
}

TEST_F(Program, TrainsOnCifarByDefault) {
  write_black_cifar(folder_.path());
  const Ended ended = run({"train", "--data", folder_.path(), "--max-steps", "30"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out,
              HasSubstr("The checkpoint is in cifar_net.safetensors.\nAccuracy of the network on the 10000 "));
  EXPECT_EQ(Checkpoint::load(folder_ / "cifar_net.safetensors").step, 30);
}

TEST_F(Program, ExportsACheckpoint) {
  ASSERT_EQ(train("c", {"--max-steps", "2"}).code, 0);
  const Ended fixed = run({"export", "--checkpoint", "c", "--onnx", "net.onnx"});
  if (fixed.err.find("this build has no ONNX export") != std::string::npos) GTEST_SKIP() << fixed.err;
  ASSERT_EQ(fixed.code, 0) << fixed.err;
  EXPECT_EQ(fixed.out, "net.onnx: cifar_net, opset 17, input [1, 3, 32, 32], " +
                           std::to_string(bytes("net.onnx").size()) + " bytes\n");
  EXPECT_THAT(bytes("net.onnx"), HasSubstr("conv_1.weight"));
  const Ended open = run({"export", "--checkpoint", "c", "--onnx", "net.onnx", "--dynamic", "--opset", "15",
                          "--input-name", "image", "--output-name", "classes"});
  EXPECT_THAT(open.out, HasSubstr("opset 15, image [batch, 3, 32, 32]")) << open.err;
  const Ended refused = run({"export", "--checkpoint", "c", "--onnx", "no/net.onnx"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("export_onnx: no/net.onnx: cannot write beside it: No such file or directory"));
  EXPECT_THAT(run({"export", "--checkpoint", "c", "--onnx", "x", "--model", "cifarnet"}).err,
              HasSubstr("unknown model 'cifarnet'; did you mean 'cifar_net'?"));
}

TEST_F(Program, EvaluatesACheckpoint) {
  const Ended trained = train("c", {});
  ASSERT_EQ(trained.code, 0);
  const Ended ended = run({"eval", "--checkpoint", "c", "--data", folder_.path()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(trained.out, HasSubstr(ended.out));
  const Ended json = run({"eval", "--checkpoint", "c", "--data", folder_.path(), "--json"});
  EXPECT_EQ(Json::parse(json.out)["images"], 40);
}

TEST_F(Program, DescribesTheNetworkAndTheMachine) {
  const Ended summary = run({"summary", "--json"});
  const Json network = Json::parse(summary.out);
  EXPECT_EQ(network["parameters"], 62006);
  EXPECT_EQ(network["layers"][0]["flops"], 6 * 28 * 28 * 2 * 75);
  EXPECT_EQ(network["layers"][4]["output"], Json({1, 120}));
  EXPECT_EQ(network["input"], Json({1, 3, 32, 32}));
  const Json fields = Json::parse(run({"summary", "--model", "resnet18_cifar", "--receptive-field", "--json"}).out);
  EXPECT_EQ(fields["layers"][0]["receptive_field"], Json({3, 3}));
  EXPECT_EQ(fields["layers"][0]["start"], Json({-1, -1}));
  const Json wide =
      Json::parse(run({"summary", "--model", "nin_cifar", "--input", "3x40x64", "--num-classes", "5", "--json"}).out);
  EXPECT_EQ(wide["layers"][0]["output"], Json({1, 192, 40, 64}));
  EXPECT_EQ(wide["layers"].back()["output"], Json({1, 5}));
  EXPECT_THAT(run({"summary", "--model", "lenet"}).out, HasSubstr("fc.5    Linear     [1, 10]                 850"));
  EXPECT_THAT(run({"summary", "--model", "lenet", "--receptive-field"}).out, HasSubstr("6x6   2x2  -2,-2\n"));
  const Json info = Json::parse(run({"info", "--json"}).out);
  EXPECT_EQ(info["kernels"]["conv2d.forward"]["cpu"].back(), "reference");
  EXPECT_EQ(info["devices"][0], "cpu");
  for (std::size_t i = 1; i < info["devices"].size(); ++i)
    EXPECT_THAT(info["devices"][i].get<std::string>(), HasSubstr("cuda:" + std::to_string(i - 1)));
}

TEST_F(Program, TimesWhatTheComparisonAsksFor) {
  write_black_cifar(folder_.path());
  const Ended ended = run({"bench", "--json", "--steps", "2", "--repeats", "2", "--data", folder_.path()});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json figures = Json::parse(ended.out)["figures"];
  for (const char* name : {"first_tensor_ms", "step_us", "step_us_1_thread", "add_ns", "add_tape_ns",
                           "loader_batch128_images_s", "loader_batch4_images_s"})
    EXPECT_GT(figures[name]["min"].get<double>(), 0) << name;
}

}  // namespace
}  // namespace cresset
