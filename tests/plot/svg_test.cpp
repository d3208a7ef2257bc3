// The same figures as SVG.
#include <cresset/cresset.h>
#include <cresset/plot.h>
#include <gtest/gtest.h>

#include <regex>

#include "pixels.h"
#include "support/scratch_folder.h"

namespace cresset::plot {
namespace {

int occurrences(const std::string& text, const std::string& part) {
  int n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(Svg, HasTheFiguresSizeLinesAndText) {
  const std::string svg = draw(Chart{.title = "a < b & c",
                                     .x_label = "time (ms)",
                                     .y_label = "n",
                                     .series = {{.label = "one", .x = {0, 1, 2}, .y = {0, 5, 10}, .markers = true}},
                                     .width = 400,
                                     .height = 300})
                              .svg();
  EXPECT_NE(svg.find("width=\"400\" height=\"300\" viewBox=\"0 0 400 300\""), std::string::npos);
  EXPECT_EQ(occurrences(svg, "<polyline"), 2);  // the line, and its piece in the legend
  EXPECT_EQ(occurrences(svg, "<circle"), 4);
  for (const char* text : {">a &lt; b &amp; c<", ">time (ms)<", ">n<", ">one<", ">10<", ">2<"})
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  EXPECT_EQ(svg.substr(svg.size() - 7), "</svg>\n");
}

// A line from the lower left to the upper right corner of the area, whose place follows from the ticks.
TEST(Svg, LinesGoWhereTheAxesSay) {
  const std::string svg = draw(Chart{.series = {{.x = {0, 1}, .y = {0, 1}}}}).svg();
  std::smatch line, first_tick;
  ASSERT_TRUE(std::regex_search(svg, line, std::regex("points=\"([0-9.]+),([0-9.]+) ([0-9.]+),([0-9.]+)\"")));
  EXPECT_LT(std::stod(line[1]), std::stod(line[3]));
  EXPECT_GT(std::stod(line[2]), std::stod(line[4]));
  ASSERT_TRUE(std::regex_search(svg, first_tick, std::regex("<text x=\"([0-9]+)\"[^>]*text-anchor=\"middle\">0.0<")));
  EXPECT_NEAR(std::stod(line[1]), std::stod(first_tick[1]), 1);
}

TEST(Svg, HoldsImagesAsPng) {
  const std::string svg = draw_grid(zeros({2, 3, 4, 4}), {{{"cat"}}, {{"\xc3\xa9"}}}, {.scale = 10}).svg();
  EXPECT_EQ(occurrences(svg, "width=\"40\" height=\"40\""), 2);
  // base64 of a PNG's signature and the first bytes of its header
  EXPECT_EQ(occurrences(svg, "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQAAAAE"), 2);
  EXPECT_NE(svg.find(">cat<"), std::string::npos);
  EXPECT_NE(svg.find(">?"
                     "?<"),
            std::string::npos);
}

TEST(Svg, IsWrittenWholeOrNotAtAll) {
  const ScratchFolder folder;
  const Figure figure = draw(Chart{});
  save_svg(figure, folder / "x.svg");
  EXPECT_EQ(read_text(folder / "x.svg"), figure.svg());
  EXPECT_EQ(message_of<IoError>([&] { save_svg(figure, folder / "none/x.svg"); }),
            "save_svg: " + (folder / "none/x.svg") + ": cannot write beside it: No such file or directory");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(Svg, StandsBesideAnother) {
  const std::string svg = beside({draw(Chart{.title = "left"}), draw(Chart{.title = "right"})}).svg();
  std::smatch left, right;
  ASSERT_TRUE(std::regex_search(svg, left, std::regex("<text x=\"([0-9]+)\"[^>]*>left<")));
  ASSERT_TRUE(std::regex_search(svg, right, std::regex("<text x=\"([0-9]+)\"[^>]*>right<")));
  EXPECT_EQ(std::stoi(right[1]) - std::stoi(left[1]), 720);
}

}  // namespace
}  // namespace cresset::plot
