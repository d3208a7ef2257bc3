// `cresset bench kernels` as a whole, on tiny problems: structure, counts and errors against float64; never a time.
#include <cresset/cuda.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/support.h"

namespace cresset {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

const std::vector<std::string> kTiny{"--conv", "N=1,C=2,H=5,K=3,R=3,padding=1", "--linear", "N=2,in=3,out=4", "--limit",
                                     "0.001"};

class BenchKernels : public testing::Test {
 protected:
  Ended run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"bench", "kernels"});
    return run_program(folder_, std::move(arguments));
  }
  Ended run_tiny(std::vector<std::string> more) {
    more.insert(more.begin(), kTiny.begin(), kTiny.end());
    return run(std::move(more));
  }
  Json json(const std::string& name) { return Json::parse(read_text(folder_ / name)); }
  // A report of one row that took `seconds`, from a real one.
  void write_report(const std::string& name, Json json, double seconds) {
    for (Json& row : json["rows"])
      for (const char* kind : {"warm", "cold"})
        if (row.contains(kind)) {
          row[kind]["mean_seconds"] = seconds;
          row[kind]["deviation"] = 0.001;
          row[kind]["samples"] = 10;
        }
    write_text(folder_ / name, json.dump());
  }

  ScratchFolder folder_;
};

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  const std::size_t begin = text.rfind('\n', end);
  return text.substr(begin + 1, end - begin);
}

TEST_F(BenchKernels, ListsItsProblems) {
  const Ended ended = run({"--list"});
  EXPECT_EQ(ended.code, 0);
  for (const char* words : {"resnet50: ResNet-50, ImageNet", "128x64x27x27 to 192, 5x5, padding 2", "32x25088 to 4096"})
    EXPECT_THAT(ended.out, HasSubstr(words));
}

TEST_F(BenchKernels, WritesTableJsonCsvAndPlots) {
  const Ended ended = run_tiny({"--json", "out.json", "--csv", "out.csv", "--plot", "p", "--threads", "1"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json report = json("out.json");
  EXPECT_EQ(report["schema"], "cresset bench kernels 1");
  EXPECT_EQ(report["facts"]["simulated"], false);
  EXPECT_EQ(report["facts"]["threads"], 1);
  EXPECT_GT(report["roofs"]["float32"]["flops_per_second"], 0);
  int measured = 0, chosen = 0, conversions = 0, by_onednn = 0;
  for (const Json& row : report["rows"]) {
    EXPECT_EQ(row["simulated"], false);
    chosen += row["chosen"] == true;
    if (row.contains("missing")) continue;
    ++measured;
    for (const char* kind : {"warm", "cold"}) {
      EXPECT_GT(row[kind]["mean_seconds"], 0);
      EXPECT_GE(row[kind]["samples"], 3);
    }
    if (row["op"] == "conversion") {
      ++conversions;
      continue;
    }
    by_onednn += row["kernel"] == "onednn";
    EXPECT_LE(row["error"]["largest"], row["error"]["bound"]);
    EXPECT_EQ(row["error"]["complete"], true);
    EXPECT_GT(row["share_of_roof"], 0);
  }
  // Three directions of a convolution in two layouts and of a linear layer.
  EXPECT_EQ(chosen, 9);
  EXPECT_EQ(by_onednn, CRESSET_HAS_ONEDNN ? 9 : 0);
  EXPECT_GE(measured, 2 * chosen);
  EXPECT_EQ(conversions, 2);
  EXPECT_EQ(last_line(ended.out), report["quote"]);
  EXPECT_THAT(ended.out, HasSubstr("1x2x5x5 to 3, 3x3, padding 1 conv2d grad_weight float32 channels_last"));

  const std::string csv = read_text(folder_ / "out.csv");
  EXPECT_EQ(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')), 1 + report["rows"].size());
  EXPECT_THAT(csv, HasSubstr(",\"1x2x5x5 to 3, 3x3, padding 1\",conv2d,forward,float32,contiguous,reference,"));
  for (const char* picture : {"p-bars.png", "p-roofline.png"})
    EXPECT_THAT(read_text(folder_ / picture), testing::StartsWith("\x89PNG"));
}

TEST_F(BenchKernels, TakesOnlyWhatIsAskedFor) {
  const Ended ended = run_tiny({"--op", "linear", "--direction", "grad_input", "--kernel", "reference", "--dtype",
                                "float64,bfloat16", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json rows = Json::parse(ended.out)["rows"];  // nothing else is printed
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["dtype"], "float64");
  EXPECT_EQ(rows[1]["dtype"], "bfloat16");
  for (const Json& row : rows) EXPECT_EQ(row["direction"], "grad_input");
}

TEST_F(BenchKernels, SaysWhatIsWrongWithItsArguments) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--problems", "resnet19"}, "unknown problem list 'resnet19'; did you mean 'resnet18', 'resnet50'"},
      {{"--problems", "vgg16/conv1_3"}, "unknown layer of vgg16 'conv1_3'; did you mean 'conv1_1'"},
      {{"--problems", ""}, "unknown problem list ''; there are: all, seeds, seed000"},
      {{"--dtype", "float23"}, "unknown dtype 'float23'; did you mean 'float32'"},
      {{"--dtype", "int8"}, "unknown dtype 'int8'; there are: float32, bfloat16, float16, float64"},
      {{"--layout", "chanels_last"}, "unknown layout 'chanels_last'; did you mean 'channels_last'?"},
      {{"--direction", "backward"}, "unknown direction 'backward'; there are: forward, grad_input, grad_weight"},
      {{"--op", "conv3d"}, "unknown op 'conv3d'; did you mean 'conv2d'?"},
      {{"--kernel", "onednm"}, "unknown kernel 'onednm'"},
      {{"--device", "gpu"}, "gpu"},
      {{"--conv", "N=1,C=2,H=3,K=4"}, "--conv: R must be given and at least 1"},
      {{"--conv", "N=1,C=2,H=3,K=4,R=5"}, "--conv: 5x5 filters do not fit into 3x3 with padding 0"},
      {{"--conv", "N=1,C=3,H=8,K=4,R=1,groups=2"}, "--conv: C and K must be multiples of groups, are 3 and 4 of 2"},
      {{"--conv", "N=1,N=2"}, "--conv: N is given twice"},
      {{"--conv", "n=1"}, "--conv: unknown size 'n'"},
      {{"--conv", "N=1e3,C=1"}, "--conv: N must be a whole number from 0 to 16777216, got '1e3'"},
      {{"--conv", "N=9999999,C=9999999,H=999,K=1,R=1"}, "--conv: the tensors would have more than 1e12 elements"},
      {{"--linear", "N=1,in=2"}, "--linear: out must be given and at least 1"},
      {{"--problems", "seed001", "--op", "linear"}, "none of these problems is of the op linear"},
      {{"--confidence", "100"}, "--confidence must be above 0 and below 100, got 100"},
      {{"--batch", "0"}, "--batch must be a whole number from 1 to 65536, got 0"},
  };
  for (const auto& [arguments, message] : cases) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.code, 2) << message;
    EXPECT_THAT(ended.err, HasSubstr(message));
  }
}

TEST_F(BenchKernels, MeasuresNothingForAFileThatCannotBeWritten) {
  for (const char* option : {"--json", "--csv", "--plot"}) {
    const Ended ended = run_tiny({option, "missing/out"});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("cresset: bench kernels: missing/out"));
    EXPECT_THAT(ended.err, HasSubstr("No such file or directory"));
    EXPECT_EQ(ended.out, "");
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "missing"));
}

TEST_F(BenchKernels, FindsWhatHasBecomeSlower) {
  ASSERT_EQ(
      run_tiny({"--op", "linear", "--direction", "forward", "--kernel", "highway,reference", "--json", "now.json"})
          .code,
      0);
  const Json report = json("now.json");
  write_report("old.json", report, 1.0);
  write_report("same.json", report, 1.01);
  write_report("slower.json", report, 1.5);
  const Ended same = run({"--from", "same.json", "--compare", "old.json"});
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("0 of 4 figures are worse than in old.json beyond noise, 0 better\n"));
  const Ended slower = run({"--from", "slower.json", "--compare", "old.json"});
  EXPECT_EQ(slower.code, 3);
  EXPECT_THAT(slower.out,
              HasSubstr("WORSE: flags/linear: 2x3 to 4 linear forward float32 rows highway: warm time 1.500"));
  EXPECT_EQ(run({"--from", "old.json", "--compare", "slower.json"}).code, 0);
  // A report that was written again says the same.
  ASSERT_EQ(run({"--from", "now.json", "--json", "again.json"}).code, 0);
  EXPECT_EQ(json("again.json"), report);
}

TEST_F(BenchKernels, SaysWhyAReportCannotBeRead) {
  ASSERT_EQ(run_tiny({"--op", "linear", "--direction", "forward", "--kernel", "highway", "--json", "good.json"}).code,
            0);
  const std::string text = read_text(folder_ / "good.json");
  write_text(folder_ / "cut.json", text.substr(0, text.size() / 2));
  write_text(folder_ / "list.json", "[1]");
  Json changed = Json::parse(text);
  changed["schema"] = "cresset bench kernels 9";
  write_text(folder_ / "newer.json", changed.dump());
  changed = Json::parse(text);
  changed["facts"]["device"] = "another";
  write_text(folder_ / "device.json", changed.dump());
  changed = Json::parse(text);
  changed["rows"][0].erase("kernel");
  write_text(folder_ / "row.json", changed.dump());
  const std::vector<std::pair<std::string, std::string>> cases{
      {"none.json", "bench kernels: none.json: cannot be read: No such file or directory"},
      {"cut.json", "bench kernels: cut.json: is no whole JSON file: cut off or damaged"},
      {"list.json", "bench kernels: list.json: must have the schema \"cresset bench kernels 1\", has none"},
      {"newer.json", "has \"cresset bench kernels 9\""},
      {"row.json", "bench kernels: row.json: is damaged: "},
      {"device.json", "bench kernels: device.json: cannot be compared: its device is another, here it is "},
  };
  for (const auto& [name, message] : cases) {
    const Ended ended = run({"--from", "good.json", "--compare", name});
    EXPECT_EQ(ended.code, 1) << name;
    EXPECT_THAT(ended.err, HasSubstr(message));
  }
}

TEST_F(BenchKernels, CountsOnASimulatedDevice) {
  if (!cuda::is_simulated()) GTEST_SKIP() << "no simulated device";
  const auto counting = std::filesystem::path(program_path()).parent_path() / "../recorded/lib/libcresset_cuda_sim.so";
  const std::vector<std::string> arguments{"--device", "cuda",   "--problems", "seed000/conv_2,seed000/fc_1",
                                           "--json",   "a.json", "--plot",     "p"};
  const Ended ended = run(arguments);
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json report = json("a.json");
  EXPECT_EQ(report["facts"]["simulated"], true);
  EXPECT_THAT(report["facts"]["device"].get<std::string>(), HasSubstr("simulated"));
  EXPECT_TRUE(report["roofs"].empty());
  int counted = 0;
  for (const Json& row : report["rows"]) {
    EXPECT_EQ(row["simulated"], true);
    EXPECT_FALSE(row.contains("warm") || row.contains("tflops"));
    if (row.contains("missing")) continue;
    ++counted;
    EXPECT_LE(row["error"]["largest"], row["error"]["bound"]);
    EXPECT_GT(row["counts"]["instructions"], 0);
    // Every operand is read or written at least once.
    EXPECT_GE(row["counts"]["bytes"], row["bytes"].get<double>() * 0.99);
  }
  if (!std::filesystem::exists(counting)) {
    EXPECT_EQ(counted, 0);
    GTEST_SKIP() << "this build has no kernels that count";
  }
  EXPECT_GE(counted, 9);
  EXPECT_THAT(ended.out, HasSubstr(" simulated "));
  EXPECT_EQ(ended.out.find("TFLOP/s"), std::string::npos);
  // Counts are the same in every run.
  const Ended again = run({"--device", "cuda", "--problems", "seed000/conv_2,seed000/fc_1", "--compare", "a.json"});
  EXPECT_EQ(again.code, 0) << again.out;
  EXPECT_THAT(again.out, HasSubstr("0 of "));
  EXPECT_THAT(again.out, HasSubstr(" figures are worse than in a.json beyond noise, 0 better"));
}

}  // namespace
}  // namespace cresset
