// Bars and confusion matrices.
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include <limits>

#include "pixels.h"
#include "support/scratch_folder.h"

namespace cresset::plot {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Bars, AreAsHighAsTheirValues) {
  const BarChart chart{.categories = {"a", "b"}, .bars = {{.values = {1, 2}}, {.values = {4, kNan}}}};
  const Picture p = draw(chart).picture();
  const int first = count(p, kFirstLine), second = count(p, kSecondLine);
  EXPECT_GT(first, 1000);
  EXPECT_NEAR(1.0 * second / first, 4.0 / 3, 0.02);
}

TEST(Bars, OfNegativeValuesHangBelowZero) {
  const Picture p = draw(BarChart{.categories = {"a", "b"}, .bars = {{.values = {-1, 1}}}}).picture();
  int left_lowest = 0, right_lowest = 0;
  for (int y = 0; y < p.height; ++y)
    for (int x = 0; x < p.width; ++x)
      if (at(p, x, y) == kFirstLine) (x < p.width / 2 ? left_lowest : right_lowest) = y;
  EXPECT_GT(left_lowest, right_lowest + 100);
}

TEST(Bars, HaveALegendAndTheirNumbers) {
  BarChart chart{.categories = {"a"}, .bars = {{.values = {12.25}}}};
  const auto black = [&] { return count(draw(chart).picture(), kBlack); };
  EXPECT_EQ(black(), 0);
  chart.decimals = 1;
  const int numbers = black();
  EXPECT_GT(numbers, 20);
  chart.bars[0].label = "accuracy";
  EXPECT_GT(black(), numbers + 50);
  EXPECT_NE(draw(chart).svg().find(">12.2<"), std::string::npos);  // rounded to even, as printf
}

TEST(Bars, ThatLieAreAsLongAsTheirValues) {
  const BarChart chart{.categories = {"a long name of a category", "b"},
                       .bars = {{.label = "x", .values = {1, 2}}, {.label = "y", .values = {4, kNan}}},
                       .decimals = 1,
                       .horizontal = true};
  const Picture p = draw(chart).picture();
  // Without the swatches of the legend.
  const auto below_legend = [&](Color color) {
    int n = 0;
    for (int y = 60; y < p.height; ++y)
      for (int x = 0; x < p.width; ++x) n += at(p, x, y) == color;
    return n;
  };
  EXPECT_NEAR(1.0 * below_legend(kSecondLine) / below_legend(kFirstLine), 4.0 / 3, 0.02);
  const std::string svg = draw(chart).svg();
  for (const char* text : {">a long name of a category<", ">x<", ">4.0<"})
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  EXPECT_EQ(count(draw(BarChart{.horizontal = true}).picture(), kFirstLine), 0);
}

TEST(Bars, WithoutAnyAreEmptyAxes) {
  EXPECT_EQ(count(draw(BarChart{}).picture(), kFirstLine), 0);
  EXPECT_EQ(count(draw(BarChart{.categories = {"a"}, .bars = {{.values = {0}}}}).picture(), kFirstLine), 0);
}

TEST(Bars, RefuseWhatTheyCannotDraw) {
  EXPECT_EQ(message_of<ValueError>([] { draw(BarChart{.categories = {"a"}, .bars = {{.label = "x", .values = {}}}}); }),
            "plot: bars 'x' must have a value for each category, got 0 for 1");
  EXPECT_EQ(message_of<ValueError>([] { draw(BarChart{.decimals = 10}); }),
            "plot: decimals must be from 0 to 9, got 10");
  EXPECT_EQ(message_of<ValueError>([] { draw(BarChart{.height = 10}); }),
            "plot: a chart must be between 160 by 120 and 10000 by 10000 pixels, got 720 by 10");
}

TEST(Confusion, CountsPairs) {
  const Tensor counts = confusion_matrix(tensor({0, 0, 1, 2, 2}), tensor({0, 1, 1, 2, 0}), 3);
  EXPECT_TRUE(counts.equal(tensor({{1, 1, 0}, {0, 1, 0}, {1, 0, 1}})));
  EXPECT_EQ(counts.dtype(), kInt64);
  EXPECT_TRUE(confusion_matrix(empty({0}, {.dtype = kInt32}), empty({0}, {.dtype = kInt32}), 1).equal(tensor({{0}})));
}

TEST(Confusion, RefusesUnknownClasses) {
  EXPECT_EQ(message_of<ValueError>([] {
              confusion_matrix(tensor({0, 3}), tensor({0, 1}), 3);
            }),
            "confusion_matrix: classes must be from 0 to 2, got 3 at element 1");
  EXPECT_EQ(message_of<ValueError>([] { confusion_matrix(tensor({0}), tensor({-1}), 3); }),
            "confusion_matrix: classes must be from 0 to 2, got -1 at element 0");
  EXPECT_EQ(message_of<ShapeError>([] {
              confusion_matrix(tensor({0}), tensor({0, 1}), 3);
            }),
            "confusion_matrix: labels and predicted must have one shape, got [1] and [2]");
  EXPECT_EQ(message_of<DTypeError>([] { confusion_matrix(tensor({0.5}), tensor({0}), 3); }),
            "confusion_matrix: labels must be of an integer type, got float32");
  EXPECT_EQ(message_of<ValueError>([] { confusion_matrix(tensor({0}), tensor({0}), 0); }),
            "confusion_matrix: num_classes must be from 1 to 10000, got 0");
}

TEST(Confusion, ShadesEachSquareByItsShareOfTheRow) {
  const Picture p = draw(ConfusionMatrix{.counts = tensor({{5, 0}, {1, 1}}), .cell = 40}).picture();
  constexpr Color whole{8, 62, 120}, half{132, 159, 188};
  const int square = 39 * 39;
  EXPECT_GT(count(p, whole), square * 8 / 10);
  EXPECT_LT(count(p, whole), square * 12 / 10);
  EXPECT_GT(count(p, half), 2 * square * 8 / 10);
}

TEST(Confusion, NamesItsClasses) {
  const ConfusionMatrix matrix{.title = "test set", .counts = tensor({{7, 0}, {0, 0}}), .classes = {"cat", "<dog>"}};
  const std::string svg = draw(matrix).svg();
  for (const char* text : {">test set<", ">cat<", ">&lt;dog&gt;<", ">7<", ">predicted<", ">is<", ">100 %<"})
    EXPECT_NE(svg.find(text), std::string::npos) << text;
}

TEST(Confusion, RefusesWhatIsNoMatrixOfCounts) {
  EXPECT_EQ(message_of<ValueError>([] { draw(ConfusionMatrix{}); }), "plot: a confusion matrix must have counts");
  EXPECT_EQ(message_of<ShapeError>([] {
              draw(ConfusionMatrix{.counts = tensor({{1, 2}})});
            }),
            "plot: counts must have the shape [C, C] with C from 1 to 100, got [1, 2]");
  EXPECT_EQ(message_of<ValueError>([] { draw(ConfusionMatrix{.counts = tensor({{-1}})}); }),
            "plot: counts must not be negative, got -1");
  EXPECT_EQ(message_of<DTypeError>([] { draw(ConfusionMatrix{.counts = tensor({{0.5}})}); }),
            "plot: counts must be of an integer type, got float32");
  EXPECT_EQ(message_of<ValueError>([] {
              draw(ConfusionMatrix{.counts = tensor({{1}}), .classes = {"a", "b"}});
            }),
            "plot: there must be no class names or one a row, got 2 for 1 rows");
  EXPECT_EQ(message_of<ValueError>([] { draw(ConfusionMatrix{.counts = tensor({{1}}), .cell = 4}); }),
            "plot: cell must be from 16 to 400 pixels, got 4");
}

}  // namespace
}  // namespace cresset::plot
