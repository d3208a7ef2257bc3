// Curves and grids: what is where, round axes, and files.
#include <cresset/cresset.h>
#include <cresset/plot.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "pixels.h"
#include "plot/axis.h"
#include "plot/font.h"
#include "support/scratch_folder.h"

namespace cresset::plot {
namespace {

using testing::ElementsAre;

TEST(Axis, HasRoundTicksThatHoldTheRange) {
  EXPECT_THAT(round_axis(0, 1, 5).ticks(), ElementsAre(0, testing::DoubleEq(0.2), testing::DoubleEq(0.4),
                                                       testing::DoubleEq(0.6), testing::DoubleEq(0.8), 1));
  const Axis loss = round_axis(1.23, 2.31, 6);
  EXPECT_DOUBLE_EQ(loss.low, 1.2);
  EXPECT_DOUBLE_EQ(loss.high, 2.4);
  EXPECT_DOUBLE_EQ(loss.step, 0.2);
  const Axis steps = round_axis(0, 25000, 6);
  EXPECT_DOUBLE_EQ(steps.step, 5000);
  EXPECT_DOUBLE_EQ(steps.high, 25000);
}

TEST(Axis, WidensOnePoint) {
  const Axis axis = round_axis(3, 3, 4);
  EXPECT_LT(axis.low, 3);
  EXPECT_GT(axis.high, 3);
  EXPECT_LT(round_axis(0, 0, 4).low, 0);
}

TEST(Axis, OfLogarithmsGoesByOneTwoFive) {
  const Axis axis = log_axis(0.3, 14);
  EXPECT_DOUBLE_EQ(axis.low, 0.2);
  EXPECT_DOUBLE_EQ(axis.high, 20);
  std::vector<std::string> texts;
  for (const double t : axis.ticks()) texts.push_back(axis.text(t));
  EXPECT_THAT(texts, ElementsAre("0.2", "0.5", "1", "2", "5", "10", "20"));
  EXPECT_DOUBLE_EQ(axis.place(2), 0.5);
  EXPECT_EQ(log_axis(3, 4e6).ticks().size(), 6u);  // powers of ten alone
  EXPECT_LT(log_axis(5, 5).low, 5);
  EXPECT_GT(log_axis(5, 5).high, 5);
}

TEST(Axis, WritesTicksWithTheDigitsOfTheStep) {
  EXPECT_EQ(tick_text(12000, 2000), "12,000");
  EXPECT_EQ(tick_text(999, 1), "999");
  EXPECT_EQ(tick_text(-1234567, 1), "-1,234,567");
  EXPECT_EQ(tick_text(0.25, 0.05), "0.25");
  EXPECT_EQ(tick_text(2, 0.5), "2.0");
  EXPECT_EQ(tick_text(-1e-17, 0.5), "0.0");
  EXPECT_EQ(tick_text(0.00002, 0.00001), "2e-05");
  EXPECT_EQ(tick_text(2e9, 1e9), "2e+09");
}

TEST(Font, EveryPrintableLetterHasAllItsStrokes) {
  for (char c = '!'; c <= '~'; ++c) {
    const std::string letter(1, c);
    EXPECT_FALSE(strokes_of(letter).empty()) << c;
    EXPECT_GT(text_width(letter, 1), 0) << c;
  }
  EXPECT_EQ(strokes_of("%%%%").size(), 4 * strokes_of("%").size());
  EXPECT_EQ(strokes_of("\xc3").size(), strokes_of("?").size());
  EXPECT_TRUE(strokes_of("").empty());
}

TEST(Chart, DrawsTheLineOnWhite) {
  const Chart chart{.title = "t", .x_label = "x", .y_label = "y", .series = {{.x = {0, 1, 2}, .y = {0, 5, 10}}}};
  const Picture p = draw(chart).picture();
  EXPECT_EQ(p.width, 720);
  EXPECT_EQ(p.height, 480);
  EXPECT_EQ(at(p, 0, 0), kWhite);
  EXPECT_GT(count(p, kFirstLine), 700);
}

TEST(Chart, ALineIsBrokenWhereAPointIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto pixels = [](std::vector<double> y) {
    return count(draw(Chart{.series = {{.x = {0, 1, 2, 3, 4}, .y = std::move(y)}}}).picture(), kFirstLine);
  };
  EXPECT_LT(pixels({0, 1, nan, 1, 0}), pixels({0, 1, 1, 1, 0}));
  EXPECT_GT(pixels({0, 1, nan, 1, 0}), 0);
}

TEST(Chart, PutsTheLegendWhereItCoversLeast) {
  const auto text_right_of_the_middle = [](std::vector<double> y) {
    const Picture p = draw(Chart{.series = {{.label = "m", .x = {0, 1, 2, 3}, .y = std::move(y)}}}).picture();
    int left = 0, right = 0;
    for (int row = 0; row < p.height; ++row)
      for (int x = 0; x < p.width; ++x)
        if (at(p, x, row) == kBlack) ++(x < p.width / 2 ? left : right);
    EXPECT_TRUE((left == 0) != (right == 0)) << left << " and " << right;
    return right > 0;
  };
  EXPECT_TRUE(text_right_of_the_middle({3, 2, 1, 0}));
  EXPECT_FALSE(text_right_of_the_middle({0, 1, 2, 3}));
}

TEST(Chart, MarkersAreDotsAtThePoints) {
  const auto pixels = [](bool markers) {
    return count(draw(Chart{.series = {{.x = {0, 1, 2}, .y = {0, 0.3, 1}, .markers = markers}}}).picture(), kFirstLine);
  };
  EXPECT_GT(pixels(true), pixels(false) + 80);
}

TEST(Chart, WithoutAnyPointIsEmptyAxes) {
  EXPECT_EQ(count(draw(Chart{.series = {{.label = "", .x = {}, .y = {}}}}).picture(), kFirstLine), 0);
  EXPECT_EQ(draw(Chart{}).width(), 720);
}

TEST(Chart, RefusesWhatItCannotDraw) {
  EXPECT_EQ(message_of<ValueError>([] { draw(Chart{.width = 10}); }),
            "plot: a chart must be between 160 by 120 and 10000 by 10000 pixels, got 10 by 480");
  EXPECT_EQ(message_of<ValueError>([] { draw(Chart{.series = {{.label = "loss", .x = {1}, .y = {}}}}); }),
            "plot: series 'loss' must have as many x as y, got 1 and 0");
}

TEST(Grid, ShowsEachPixelScaled) {
  Tensor images = zeros({2, 3, 4, 4}, {.dtype = kUInt8});
  images.index_put_({1, 0}, 255);  // the second is red
  const Picture p = draw_grid(images, {}, {.columns = 2, .scale = 5}).picture();
  EXPECT_EQ(count(p, {0, 0, 0}), 400);
  EXPECT_EQ(count(p, {255, 0, 0}), 400);
}

TEST(Grid, TakesGreyAndFloatingImages) {
  const Picture p = draw_grid(full({1, 1, 4, 4}, 0.5), {}, {.scale = 1}).picture();
  EXPECT_EQ(count(p, {128, 128, 128}), 16);
  const Picture clamped = draw_grid(full({1, 1, 4, 4}, -3.0), {}, {.scale = 1}).picture();
  EXPECT_EQ(count(clamped, {0, 0, 0}), 16);
}

TEST(Grid, WritesCaptionsInTheirColours) {
  const Tensor images = full({1, 3, 32, 32}, 1.0);
  const Picture p = draw_grid(images, {{{"cat", kGreen}, {"is: dog", kRed}}}).picture();
  EXPECT_GT(count(p, kGreen), 10);
  EXPECT_GT(count(p, kRed), 10);
}

TEST(Grid, RefusesWhatIsNoImage) {
  EXPECT_EQ(message_of<ShapeError>([] {
              draw_grid(zeros({2, 5, 4, 4}), {});
            }),
            "plot: images must have the shape [N, 1 or 3, H, W], got [2, 5, 4, 4]");
  EXPECT_EQ(message_of<DTypeError>([] {
              draw_grid(zeros({1, 3, 4, 4}, {.dtype = kInt64}), {});
            }),
            "plot: images must be uint8 or floating, got int64");
  EXPECT_EQ(message_of<ValueError>([] {
              draw_grid(zeros({2, 3, 4, 4}), {{}});
            }),
            "plot: there must be no captions or one an image, got 1 for 2 images");
  EXPECT_EQ(message_of<ValueError>([] {
              draw_grid(zeros({1, 3, 4, 4}), {}, {.columns = 0});
            }),
            "plot: columns and scale must be at least 1, got 0 and 3");
  EXPECT_EQ(message_of<ValueError>([] {
              draw_grid(zeros({1, 3, 4, 4}), {}, {.columns = 1, .scale = 10000});
            }),
            "plot: a grid must be at most 20000 by 20000 pixels, this one would have 40024 by 40028");
}

TEST(Pictures, StandBesideEachOther) {
  const Figure left = draw(Chart{.title = "t", .series = {{.x = {0, 1}, .y = {0, 1}, .markers = true}}, .width = 200});
  const Figure both = beside({draw(Chart{.width = 300, .height = 150}), left});
  EXPECT_EQ(both.width(), 500);
  EXPECT_EQ(both.height(), 480);
  const Picture p = both.picture(), alone = left.picture();
  for (int y = 0; y < 480; ++y)
    for (int x = 0; x < 200; ++x) ASSERT_EQ(at(p, 300 + x, y), at(alone, x, y)) << x << ", " << y;
}

TEST(Png, HasItsSignatureAndSize) {
  const ScratchFolder folder;
  save_png(draw(Chart{.width = 200, .height = 150}), folder / "x.png");
  const std::string bytes = read_text(folder / "x.png");
  EXPECT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(bytes.substr(16, 8), std::string("\0\0\0\xc8\0\0\0\x96", 8));
  EXPECT_EQ(message_of<IoError>([&] { save_png(draw(Chart{}), folder / "none/x.png"); }),
            "save_png: " + (folder / "none/x.png") + ": cannot write beside it: No such file or directory");
  EXPECT_EQ(message_of<ValueError>([&] { save_png(Picture{}, folder / "y.png"); }),
            "save_png: " + (folder / "y.png") + ": the picture must not be empty");
  EXPECT_EQ(message_of<ValueError>([&] {
              save_png(Picture{2, 3, std::vector<std::uint8_t>(17)}, folder / "y.png");
            }),
            "save_png: " + (folder / "y.png") + ": a picture of 2 by 3 pixels takes 18 bytes, has 17");
  EXPECT_EQ(folder.files(), 1u);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
// A sanitizer cannot live with a limit.
TEST(Png, NeedsMemoryToCompress) {
  const ScratchFolder folder;
  const Picture picture{4000, 4000, std::vector<std::uint8_t>(48000000)};
  int result[2];
  ASSERT_EQ(::pipe(result), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t most = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + (rlim_t{16} << 20);
    const rlimit limit{most, most};
    ::setrlimit(RLIMIT_AS, &limit);
    const std::string answer = message_of<OutOfMemoryError>([&] { save_png(picture, folder / "x.png"); });
    static_cast<void>(!::write(result[1], answer.data(), answer.size()));
    ::_exit(0);
  }
  ::close(result[1]);
  std::string answer(1000, '\0');
  answer.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(result[0], answer.data(), answer.size()), 0)));
  ::close(result[0]);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(answer, "save_png: " + (folder / "x.png") + ": no memory to compress 48000000 bytes of pixels");
  EXPECT_EQ(folder.files(), 0u);
}
#endif

TEST(Chart, WithLogarithmicAxesLeavesOutWhatHasNone) {
  const Series points{.x = {1, 10, 100, 0}, .y = {1, 1, 1, 1}, .line = false};
  const Chart chart{.series = {points}, .log_x = true, .log_y = true};
  const Picture p = draw(chart).picture();
  // Three dots of the same size at equal distances, and no line between them.
  std::vector<int> columns;
  for (int x = 0; x < p.width; ++x) {
    bool colored = false;
    for (int y = 0; y < p.height; ++y) colored = colored || at(p, x, y) == kFirstLine;
    if (colored) columns.push_back(x);
  }
  std::vector<int> starts;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (i == 0 || columns[i] != columns[i - 1] + 1) starts.push_back(columns[i]);
  ASSERT_EQ(starts.size(), 3u);
  EXPECT_NEAR(starts[1] - starts[0], starts[2] - starts[1], 1);
}

}  // namespace
}  // namespace cresset::plot
