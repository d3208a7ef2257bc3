// Folders of pictures as torchvision's ImageFolder reads them, and what is broken in them.
#include <cresset/creation.h>
#include <cresset/data.h>
#include <cresset/ops.h>
#include <cresset/plot/image_grid.h>
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include "support/scratch_folder.h"

namespace cresset::data {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// A picture of one colour; `size` by `size + 1` pixels.
void write_picture(const std::string& path, int value, std::int64_t size = 4) {
  fs::create_directories(fs::path(path).parent_path());
  plot::save_image(full({3, size, size + 1}, value, {.dtype = kUInt8}), path);
}

std::vector<std::string> paths_of(const ImageFolder& set, const ScratchFolder& folder) {
  std::vector<std::string> paths;
  for (const auto& sample : set.samples) paths.push_back(sample.path.substr(folder.path().size() + 1));
  return paths;
}

// Three classes of which one has folders below it.
void write_pets(const ScratchFolder& folder) {
  write_picture(folder / "dog/b.png", 10);
  write_picture(folder / "dog/a.png", 20);
  write_picture(folder / "cat/x/2.png", 30);
  write_picture(folder / "cat/x-y/1.png", 40);
  write_picture(folder / "cat/9.png", 50);
  write_picture(folder / "Ant/1.png", 60);
  fs::rename(folder / "Ant/1.png", folder / "Ant/1.JPeG");  // a file is what its bytes are
  write_text(folder / "cat/notes.txt", "");
  write_text(folder / "outside.png", "");
}

TEST(ImageFolder, ListsClassesAndSamplesInTorchvisionsOrder) {
  const ScratchFolder folder;
  write_pets(folder);
  const ImageFolder set(folder.path());
  EXPECT_THAT(set.classes, ElementsAre("Ant", "cat", "dog"));
  // Paths of folders are compared as text: "-" comes before "/".
  EXPECT_THAT(paths_of(set, folder),
              ElementsAre("Ant/1.JPeG", "cat/9.png", "cat/x/2.png", "cat/x-y/1.png", "dog/a.png", "dog/b.png"));
  EXPECT_THAT(set.targets, ElementsAre(0, 1, 1, 1, 2, 2));
  EXPECT_EQ(set.size(), 6);
  EXPECT_EQ(set.samples[4].target, 2);
}

TEST(ImageFolder, GivesImagesAndLabels) {
  const ScratchFolder folder;
  write_pets(folder);
  const ImageFolder bytes(folder.path());
  const auto [image, label] = bytes.get(4);
  EXPECT_TRUE(image.equal(full({3, 4, 5}, 20, {.dtype = kUInt8})));
  EXPECT_EQ(label, 2);
  const ImageFolder set(folder.path(), {.transform = Compose{CenterCrop{2}, ToTensor{}},
                                        .target_transform = [](std::int64_t target) { return target + 10; }});
  EXPECT_TRUE(set[0].image.equal(full({3, 2, 2}, 60, {.dtype = kUInt8}).to(kFloat32) / 255));
  EXPECT_EQ(set[0].label, 10);
  EXPECT_EQ(set.targets[0], 0);
  EXPECT_EQ(message_of<IndexError>([&] { set.get(6); }), "ImageFolder: index must be in [0, 6), got 6");
  EXPECT_EQ(message_of<IndexError>([&] { set[-1]; }), "ImageFolder: index must be in [0, 6), got -1");
}

// Grey pictures too have three channels, as torchvision's loader gives them.
TEST(ImageFolder, GivesColours) {
  const ScratchFolder folder;
  write_text(folder / "cat/1.pgm", "P5 1 1 255 x");
  EXPECT_TRUE(ImageFolder(folder.path()).get(0).image.equal(full({3, 1, 1}, 'x', {.dtype = kUInt8})));
}

TEST(ImageFolder, FillsALoader) {
  const ScratchFolder folder;
  for (int i = 0; i < 20; ++i)
    write_picture(folder / ((i % 2 == 0 ? "even/" : "odd/") + std::to_string(100 + i) + ".png"), i, 4 + i % 3);
  const ImageFolder set(folder.path(), {.transform = Compose{Resize{4}, CenterCrop{4}, ToTensor{}}});
  for (const int workers : {0, 2}) {
    const DataLoader loader{set, {.batch_size = 8, .shuffle = true, .num_workers = workers, .generator = Generator(1)}};
    std::int64_t seen = 0;
    double sum = 0;
    for (auto [x, y] : loader) {
      EXPECT_EQ(x.shape(), Shape({y.size(0), 3, 4, 4}));
      for (std::int64_t i = 0; i < y.size(0); ++i) {
        const double value = std::round(x[i][0][0][0].item() * 255);
        EXPECT_EQ(y[i].item(), std::fmod(value, 2));
        sum += value;
      }
      seen += y.size(0);
    }
    EXPECT_EQ(seen, 20);
    EXPECT_EQ(sum, 190);
  }
  // Without Resize the sizes differ: the error says so.
  const DataLoader unequal{ImageFolder(folder.path()), {.batch_size = 8}};
  EXPECT_THAT(message_of<ShapeError>([&] { *unequal.begin(); }), HasSubstr("in DataLoader, batch 0 of 3"));
}

TEST(ImageFolder, TakesALoaderAndAChoiceOfFiles) {
  const ScratchFolder folder;
  write_pets(folder);
  const ImageFolder notes(folder.path(),
                          {.loader = [](const std::string& path) { return full({1}, path.size()); },
                           .is_valid_file = [](const std::string& path) { return path.ends_with(".txt"); },
                           .allow_empty = true});
  EXPECT_THAT(paths_of(notes, folder), ElementsAre("cat/notes.txt"));
  EXPECT_THAT(notes.classes, ElementsAre("Ant", "cat", "dog"));
  EXPECT_EQ(notes.get(0).image.item(), static_cast<double>((folder / "cat/notes.txt").size()));
  EXPECT_EQ(message_of<IoError>([&] {
              ImageFolder(folder.path(),
                          {.is_valid_file = [](const std::string& path) { return path.ends_with(".txt"); }});
            }),
            "Found no valid file for the classes Ant, dog.");
}

TEST(ImageFolder, FollowsLinksButNotForEver) {
  const ScratchFolder folder, other;
  write_pets(folder);
  write_picture(other / "4.png", 70);
  fs::create_directory_symlink(other.path(), folder / "owl");
  fs::create_directory_symlink(folder / "cat", folder / "cat/again");
  const ImageFolder set(folder.path());
  EXPECT_THAT(set.classes, ElementsAre("Ant", "cat", "dog", "owl"));
  EXPECT_EQ(set.size(), 7);
  EXPECT_EQ(set.get(6).image.index({0, 0, 0}).item(), 70);
}

TEST(ImageFolder, SaysWhatIsMissing) {
  const ScratchFolder folder;
  const std::string root = folder / "none";
  EXPECT_EQ(message_of<IoError>([&] { ImageFolder{root}; }),
            "ImageFolder: cannot read " + root + ": No such file or directory");
  write_text(folder / "x.png", "");
  EXPECT_EQ(message_of<IoError>([&] { ImageFolder(folder / "x.png"); }),
            "ImageFolder: cannot read " + (folder / "x.png") + ": Not a directory");
  EXPECT_EQ(message_of<IoError>([&] { ImageFolder(folder.path()); }),
            "Couldn't find any class folder in " + folder.path() + ".");
  write_text(folder / "dog/x.gif", "");
  write_text(folder / "cat/notes.txt", "");
  write_picture(folder / "bird/1.png", 1);
  EXPECT_EQ(message_of<IoError>([&] { ImageFolder(folder.path()); }),
            "Found no valid file for the classes cat, dog. Supported extensions are: .jpg, .jpeg, .png, .ppm, .bmp, "
            ".pgm");
}

TEST(ImageFolder, NamesTheNearestClasses) {
  const ScratchFolder folder;
  write_pets(folder);
  const ImageFolder set(folder.path());
  EXPECT_EQ(set.class_to_idx("cat"), 1);
  EXPECT_EQ(message_of<ValueError>([&] { set.class_to_idx("dogs"); }),
            "ImageFolder: there is no class \"dogs\"; the nearest names are dog, Ant, cat");
}

TEST(ImageDataset, NamesTheNearestClasses) {
  const ImageDataset set("pets", zeros({1, 2, 2}, {.dtype = kUInt8}), zeros({1}, {.dtype = kInt64}),
                         {"bird", "cat", "dog", "automobile"});
  EXPECT_EQ(set.class_to_idx("dog"), 2);
  EXPECT_EQ(message_of<ValueError>([&] { set.class_to_idx("automobil"); }),
            "pets: there is no class \"automobil\"; the nearest names are automobile, bird, cat");
  const ImageDataset unnamed("pets", zeros({1, 2, 2}, {.dtype = kUInt8}), zeros({1}, {.dtype = kInt64}));
  EXPECT_EQ(message_of<ValueError>([&] { unnamed.class_to_idx("cat"); }),
            "pets: there is no class \"cat\"; its classes have no names");
}

// A broken file is the error of its batch alone: the loop can go on behind it, and the loader too.
TEST(ImageFolder, GoesOnBehindABrokenFile) {
  const ScratchFolder folder;
  for (int i = 0; i < 12; ++i) write_picture(folder / ("cat/" + std::to_string(100 + i) + ".png"), i);
  const std::string whole = read_text(folder / "cat/105.png"), path = folder / "cat/105.png";
  write_text(path, whole.substr(0, whole.size() / 2));
  const ImageFolder set(folder.path(), {.transform = ToTensor{}});
  // Gone, and a folder in its place, after the folder was read.
  fs::remove(folder / "cat/107.png");
  fs::remove(folder / "cat/108.png");
  fs::create_directory(folder / "cat/108.png");
  for (const int workers : {0, 2}) {
    const DataLoader loader{set, {.batch_size = 2, .num_workers = workers}};
    for (int pass = 0; pass < 2; ++pass) {
      std::vector<std::string> errors;
      std::int64_t images = 0;
      for (auto it = loader.begin(); it != loader.end(); ++it) {
        try {
          images += std::get<0>(*it).size(0);
        } catch (const FormatError& error) {
          errors.push_back(error.what());
        } catch (const IoError& error) {
          errors.push_back(error.what());
        }
      }
      EXPECT_EQ(images, 6);
      EXPECT_THAT(errors,
                  ElementsAre("read_image: " + path +
                                  ": the PNG picture is cut short\nwhile getting sample 5\nin DataLoader, batch 2 of 6",
                              "read_image: cannot open " + (folder / "cat/107.png") +
                                  ": No such file or directory\nwhile getting sample 7\nin DataLoader, batch 3 of 6",
                              "read_image: " + (folder / "cat/108.png") +
                                  " must be a file, is a folder\nwhile getting sample 8\nin DataLoader, batch 4 of 6"));
    }
    // The file is whole again.
    write_text(path, whole);
    EXPECT_EQ(set.get(5).image[0][0][0].item<float>(), 5.0F / 255);
    write_text(path, whole.substr(0, whole.size() / 2));
  }
}

TEST(ImageFolder, LeavesBrokenFilesOutWhereAsked) {
  const ScratchFolder folder;
  write_picture(folder / "cat/1.png", 1);
  write_text(folder / "cat/2.png", "<html>");
  const ImageFolder set(folder.path(), {.is_valid_file = [](const std::string& path) {
                          try {
                            read_image(path);
                          } catch (const Error&) {
                            return false;
                          }
                          return true;
                        }});
  EXPECT_THAT(paths_of(set, folder), ElementsAre("cat/1.png"));
}

}  // namespace
}  // namespace cresset::data
