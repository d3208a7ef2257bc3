// Every writer of pictures leaves what was there where it cannot write.
#include <cresset/creation.h>
#include <cresset/ops.h>
#include <cresset/plot/image_grid.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "support/small_disk.h"

namespace cresset::plot {
namespace {

const std::map<std::string, std::function<void(const std::string&)>>& writers() {
  // Noise, which compresses to far more than the disk holds.
  static const Tensor noise = randint(0, 256, {3, 200, 300}, {.generator = Generator(3)}).to(kUInt8);
  static const Figure figure = draw_grid(noise.unsqueeze(0), {}, {.scale = 1});
  static const std::map<std::string, std::function<void(const std::string&)>> all{
      {"image.png", [](const std::string& path) { save_image(noise, path); }},
      {"picture.png", [](const std::string& path) { save_png(picture(noise), path); }},
      {"figure.png", [](const std::string& path) { save_png(figure, path); }},
      {"figure.svg", [](const std::string& path) { save_svg(figure, path); }}};
  return all;
}

TEST(PictureFiles, LeaveWhatWasThereOnAFullDisk) {
  static_cast<void>(writers());  // before the process forks: the threads stay behind
  const ScratchFolder folder;
  const std::string answer = on_small_disk(folder, []() -> std::string { return ""; });
  if (!answer.empty()) GTEST_SKIP() << answer;
  for (const auto& [name, write] : writers()) {
    SCOPED_TRACE(name);
    const std::string path = folder / name;
    const std::string said = on_small_disk(folder, [&] {
      write_text(path, "old");
      return message_of<IoError>([&] { write(path); }) + "|" + read_text(path) + "|" + folder.list();
    });
    const std::string operation = name.ends_with("svg") ? "save_svg: " : "save_png: ";
    EXPECT_EQ(said, operation + path + ": cannot write: No space left on device|old|" + name + " ");
  }
}

TEST(PictureFiles, SayWhichPathCannotBeWritten) {
  const ScratchFolder folder;
  for (const auto& [name, write] : writers()) {
    SCOPED_TRACE(name);
    const std::string operation = name.ends_with("svg") ? "save_svg: " : "save_png: ";
    const std::string path = folder / ("none/" + name);
    EXPECT_EQ(message_of<IoError>([&] { write(path); }),
              operation + path + ": cannot write beside it: No such file or directory");
    std::filesystem::create_directory(folder / name);
    EXPECT_EQ(message_of<IoError>([&] { write(folder / name); }),
              operation + (folder / name) + ": must name a file, is a directory");
  }
  EXPECT_EQ(folder.files(), writers().size());
}

}  // namespace
}  // namespace cresset::plot
