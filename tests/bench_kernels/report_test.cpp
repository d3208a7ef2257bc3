// Roofs, comparisons with a library, and regressions: on made-up reports.
#include "bench_kernels/report.h"

#include <cresset/error.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench_kernels/regressions.h"
#include "bench_kernels/table.h"
#include "support/message.h"

namespace cresset::program::bench {
namespace {

using testing::HasSubstr;

Sampled time_of(double mean, double deviation = 0.01) { return {{mean, mean, deviation, 20}, true}; }

Row row(const char* kernel, double warm) {
  Row r{.network = "n",
        .layer = "l",
        .sizes = "s",
        .op = "conv2d",
        .direction = "forward",
        .dtype = "float32",
        .layout = "contiguous",
        .kernel = kernel,
        .flops = 1e6,
        .bytes = 1e3};
  r.warm = r.cold = time_of(warm);
  return r;
}

Report report(std::vector<Row> rows) {
  Report out;
  out.facts.device = out.facts.processor = "P";
  out.facts.isa = "avx2";
  out.facts.threads = 2;
  out.facts.margin = 0.03;
  out.rows = std::move(rows);
  return out;
}

// 66.9 TFLOP/s and 989 of dense 16-bit products at 1.83 GHz, 3.35 TB/s: NVIDIA, "H100 Tensor Core GPU Architecture".
TEST(Roof, OfAnH100IsThatOfItsPaper) {
  const GpuFigures h100{.driver = {},
                        .major = 9,
                        .minor = 0,
                        .multiprocessors = 132,
                        .boost_hz = 1.98e9,
                        .memory_hz = 2.619e9,
                        .memory_bits = 5120};
  const auto roof = computed_gpu_roof(h100, kFloat32);
  ASSERT_TRUE(roof.has_value());
  EXPECT_NEAR(roof->flops, 66.9e12, 0.05e12);
  EXPECT_NEAR(roof->bytes, 3.35e12, 0.005e12);
  EXPECT_NEAR(computed_gpu_roof(h100, kFloat64)->flops, 33.5e12, 0.1e12);
  EXPECT_NEAR(computed_gpu_roof(h100, kBFloat16)->flops / 1.98 * 1.83, 989.4e12, 1e12);
  EXPECT_THAT(roof->source, HasSubstr("132 multiprocessors x 128 multiply-adds"));
}

TEST(Roof, IsNotGuessed) {
  EXPECT_FALSE(computed_gpu_roof({.driver = {},
                                  .major = 6,
                                  .minor = 1,
                                  .multiprocessors = 20,
                                  .boost_hz = 1e9,
                                  .memory_hz = 1e9,
                                  .memory_bits = 64},
                                 kFloat32));
  EXPECT_FALSE(computed_gpu_roof({.driver = {}, .major = 9, .minor = 0, .multiprocessors = 132}, kFloat32));
}

TEST(Roof, IsTheLongerOfBothTimes) {
  const Roof roof{.flops = 100, .bytes = 10};
  EXPECT_DOUBLE_EQ(roof.seconds(100, 1), 1);
  EXPECT_DOUBLE_EQ(roof.seconds(100, 50), 5);
}

TEST(Report, ComparesWithTheLibraryAtTheSameTask) {
  Row other_layout = row("highway", 1e-3);
  other_layout.layout = "channels_last";
  Report r = report({row("highway", 1e-3), row("onednn", 2e-3), row("reference", 9e-3), other_layout});
  r.roofs["float32"] = {.flops = 2e9, .bytes = 1e9};
  compare_with_libraries(r);
  ASSERT_TRUE(r.rows[0].compared_warm && r.rows[2].compared_warm);
  EXPECT_EQ(r.rows[0].compared_warm->verdict, Verdict::faster);
  EXPECT_EQ(r.rows[0].compared_warm->with, "onednn");
  EXPECT_DOUBLE_EQ(r.rows[0].compared_warm->ratio.value, 0.5);
  EXPECT_EQ(r.rows[2].compared_cold->verdict, Verdict::slower);
  EXPECT_FALSE(r.rows[1].compared_warm);  // with itself
  EXPECT_FALSE(r.rows[3].compared_warm);
  EXPECT_DOUBLE_EQ(r.share(r.rows[0]), 0.5);
}

TEST(Report, IsSummedUpInOneLine) {
  Row taken = row("highway", 1e-3), library = row("onednn", 4e-3);
  taken.chosen = true;
  Report r = report({taken, library});
  compare_with_libraries(r);
  EXPECT_THAT(quote_of(r),
              HasSubstr("P (avx2, 2 threads), float32: of 1 tasks, dispatch takes a kernel of its own in 1 that "
                        "onednn computes, too: faster in 1, the same in 0, slower in 0, ambiguous in 0; 4.00 "
                        "times its speed"));
  Report theirs = report({row("highway", 4e-3), row("reference", 9e-3), row("onednn", 2e-3)});
  theirs.rows[2].chosen = true;
  compare_with_libraries(theirs);
  EXPECT_THAT(quote_of(theirs), HasSubstr("1 tasks, none of which dispatch gives to a kernel of its own"));
  EXPECT_THAT(quote_of(theirs), HasSubstr("the library's, in 1, the best of its own takes 2.00 times as long"));
  r.rows[0].deviation = Deviation{.largest = 1, .bound = 1e-5, .elements = 3, .complete = true};
  EXPECT_THAT(quote_of(r), HasSubstr("1 WRONG results"));
  EXPECT_THAT(table_of(r), HasSubstr("WRONG"));
}

TEST(Report, NamesTheSimulatorInEveryRow) {
  Row r = row("native", 1);
  r.warm = r.cold = {};
  r.counts = Counts{.launches = 1, .global_requests = 10, .global_sectors = 20, .shared_requests = 5};
  Report simulated = report({r});
  simulated.facts.simulated = true;
  const std::string table = table_of(simulated);
  EXPECT_THAT(table, HasSubstr("  native       simulated "));
  EXPECT_THAT(table, HasSubstr("no times"));
  EXPECT_THAT(quote_of(simulated), HasSubstr("not measured"));
  EXPECT_EQ(table.find("TFLOP/s"), std::string::npos);
}

TEST(Changes, AreThoseBeyondNoiseAndMargin) {
  const Report old = report({row("a", 1.0), row("b", 1.0), row("c", 1.0), row("d", 1.0)});
  Report now = report({row("a", 1.2), row("b", 1.02), row("c", 0.5), row("d", 1.5)});
  now.rows[3].warm = now.rows[3].cold = time_of(1.5, 2.0);  // 50% more, and not known to 90%
  const Changes changes = changes_since(old, now, "old.json");
  EXPECT_EQ(changes.compared, 8);
  ASSERT_EQ(changes.slower.size(), 2u);
  EXPECT_EQ(changes.slower[0].row->kernel, "a");
  EXPECT_EQ(changes.slower[0].what, "warm time");
  ASSERT_EQ(changes.faster.size(), 2u);
  EXPECT_EQ(changes.faster[0].row->kernel, "c");
  EXPECT_THAT(text_of(changes, "old.json"),
              HasSubstr("WORSE: n/l: s conv2d forward float32 contiguous a: warm time 1.200"));
  EXPECT_THAT(text_of(changes, "old.json"),
              HasSubstr("2 of 8 figures are worse than in old.json beyond noise, 2 better\n"));
}

TEST(Changes, OfCountsAndResultsHaveNoNoise) {
  Row older = row("a", 1), newer = row("a", 1);
  older.counts = newer.counts = Counts{.global_requests = 1000, .global_sectors = 1000};
  newer.counts->global_requests = 1001;
  older.deviation = Deviation{.largest = 1e-7, .bound = 1e-5};
  newer.deviation = Deviation{.largest = 1e-3, .bound = 1e-5};
  const Changes changes = changes_since(report({older}), report({newer}), "old.json");
  ASSERT_EQ(changes.slower.size(), 2u);
  EXPECT_EQ(changes.slower[0].what, "instructions");
  EXPECT_THAT(changes.slower[1].what, HasSubstr("result"));
}

TEST(Changes, AreNotToldOfWhatCannotBeCompared) {
  const Report now = report({row("a", 1)});
  const auto message = [&](auto change) {
    Report old = now;
    change(old);
    return message_of<ValueError>([&] { changes_since(old, now, "old.json"); });
  };
  EXPECT_EQ(message([](Report& r) { r.facts.device = "Q"; }),
            "bench kernels: old.json: cannot be compared: its device is Q, here it is P");
  EXPECT_EQ(message([](Report& r) { r.facts.threads = 4; }),
            "bench kernels: old.json: cannot be compared: its number of threads is 4, here it is 2");
  EXPECT_EQ(message([](Report& r) { r.facts.isa = "sse4"; }),
            "bench kernels: old.json: cannot be compared: its instruction set is sse4, here it is avx2");
  EXPECT_EQ(message([](Report& r) { r.rows[0].kernel = "b"; }),
            "bench kernels: old.json: has no figure of what was measured now");
}

}  // namespace
}  // namespace cresset::program::bench
