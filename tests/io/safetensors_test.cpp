// save() and load(): round trips, and files of and for the Python package.
#include <cresset/cresset.h>
#include <cresset/io/safetensors.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/scratch_folder.h"
#include "test_paths.h"

namespace cresset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && a.strides() == b.strides() && a.equal(b);
}

StateDict every_kind() {
  return {{"f32", arange(6, {.dtype = kFloat32}).reshape({2, 3}) / 4},
          {"f64", tensor({1.0 / 3, -2.0}, {.dtype = kFloat64})},
          {"f16", tensor({0.5, 65504.0}, {.dtype = kFloat16})},
          {"bf16", tensor({1.0, -3.0, 0.25}, {.dtype = kBFloat16})},
          {"i64", tensor({std::int64_t{1} << 62, std::int64_t{-5}})},
          {"i32", tensor({7, -8}, {.dtype = kInt32})},
          {"u8", tensor({0, 255, 3}, {.dtype = kUInt8})},
          {"bool", tensor({true, false, true})},
          {"scalar", tensor(2.5)},
          {"empty", zeros({0, 4})},
          {"image", arange(24, {.dtype = kFloat32}).reshape({1, 2, 3, 4}).contiguous(kChannelsLast)},
          {"transposed", arange(6, {.dtype = kFloat32}).reshape({2, 3}).t()}};
}

TEST(Safetensors, KeepsEveryKindOfTensorAndTheirOrder) {
  const ScratchFolder folder;
  const StateDict before = every_kind();
  save(before, folder / "x.safetensors");
  const StateDict after = load(folder / "x.safetensors");
  EXPECT_EQ(after.keys(), before.keys());
  for (const auto& [name, x] : before) {
    SCOPED_TRACE(name);
    if (name == "transposed")
      EXPECT_TRUE(same(after.at(name), x.contiguous()));
    else
      EXPECT_TRUE(same(after.at(name), x));
  }
  EXPECT_TRUE(after.at("image").is_contiguous(kChannelsLast));
  EXPECT_EQ(folder.files(), 1u);
}

TEST(Safetensors, ValuesAreAlignedToTheirType) {
  const ScratchFolder folder;
  save({{"a", tensor({1}, {.dtype = kUInt8})}, {"b", tensor({1.0}, {.dtype = kFloat64})}}, folder / "x");
  const std::string text = read_text(folder / "x");
  EXPECT_EQ(static_cast<unsigned char>(text[0]) % 8, 0);
  EXPECT_THAT(text, HasSubstr(R"("a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]})"));
  EXPECT_THAT(load(folder / "x").keys(), ElementsAre("a", "b"));
}

TEST(Safetensors, NothingIsAFileToo) {
  const ScratchFolder folder;
  save({}, folder / "x");
  EXPECT_TRUE(load(folder / "x").empty());
}

TEST(Safetensors, StoresTiesOnceAndRestoresThem) {
  const ScratchFolder folder;
  const Tensor shared = ones({1000});
  save({{"a", shared}, {"b", zeros({2})}, {"c", shared.detach()}, {"d", shared.slice(0, 0, 10)}}, folder / "x");
  EXPECT_LT(std::filesystem::file_size(folder / "x"), 4800u);
  const StateDict after = load(folder / "x");
  EXPECT_THAT(after.keys(), ElementsAre("a", "b", "c", "d"));
  EXPECT_TRUE(after.at("a").is_same(after.at("c")));
  EXPECT_EQ(after.at("d").shape(), Shape({10}));
}

TEST(Safetensors, EqualValuesAreNoTie) {
  const ScratchFolder folder;
  save({{"a", ones({3})}, {"b", ones({3})}, {"c", zeros({0})}, {"d", zeros({0})}}, folder / "x");
  const StateDict after = load(folder / "x");
  EXPECT_FALSE(after.at("a").is_same(after.at("b")));
  EXPECT_FALSE(after.at("c").is_same(after.at("d")));
}

TEST(Safetensors, KeepsMetadata) {
  const ScratchFolder folder;
  const Metadata metadata{{"format", "pt"}, {"quote", "\"\n"}};
  const Tensor x = ones({2});
  save({{"a", x}, {"b", x}}, folder / "x", {.metadata = metadata});
  EXPECT_EQ(load_metadata(folder / "x"), metadata);
}

TEST(Safetensors, TwoSavesAreTheSameBytes) {
  const ScratchFolder folder;
  save(every_kind(), folder / "x");
  save(every_kind(), folder / "y");
  EXPECT_EQ(read_text(folder / "x"), read_text(folder / "y"));
}

TEST(Safetensors, RefusesWhatCannotBeSaved) {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  EXPECT_EQ(message_of<ValueError>([&] {
              save({{"__metadata__", ones({1})}}, path);
            }),
            "save: " + path + ": no tensor may be named '__metadata__'");
  EXPECT_EQ(message_of<ValueError>([&] {
              save({{"a", Tensor()}}, path);
            }),
            "save: " + path + ": the tensor 'a' is undefined");
  EXPECT_EQ(message_of<ValueError>([&] {
              save({{"\xff", ones({1})}}, path);
            }),
            "save: " + path + ": names and metadata must be UTF-8");
  EXPECT_EQ(message_of<ValueError>([&] {
              save({}, path, {.metadata = {{"cresset", ""}}});
            }),
            "save: " + path + ": the metadata name 'cresset' is reserved");
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Safetensors, ReadsTheFileOfThePythonPackage) {
  const StateDict file = load(CRESSET_TEST_DIR "/golden/io/python.safetensors");
  EXPECT_EQ(file.size(), 11u);
  for (const auto& [name, x] : every_kind()) {
    if (name == "image" || name == "transposed") continue;
    SCOPED_TRACE(name);
    const Tensor expected = name == "i64" ? x.reshape({2, 1}) : x;
    EXPECT_TRUE(same(file.at(name), expected));
  }
  EXPECT_EQ(file.at("ünïcode").item(), 1.0);
  EXPECT_EQ(load_metadata(CRESSET_TEST_DIR "/golden/io/python.safetensors").at("made"), "by the package");
}

TEST(Safetensors, NamesATypeItDoesNotHave) {
  const std::string path = CRESSET_TEST_DIR "/golden/io/int16.safetensors";
  EXPECT_EQ(message_of<UnsupportedError>([&] { load(path); }),
            "load: " + path + ": 'x' has the type I16, which is none of F32, F64, F16, BF16, I64, I32, U8, BOOL");
}

TEST(Safetensors, ThePythonPackageReadsOurs) {
  const char* named = std::getenv("CRESSET_TEST_PYTHON");
  const std::string python = named ? named : "python3";
  if (std::system((python + " -c 'import torch, safetensors' 2> /dev/null").c_str()) != 0)
    GTEST_SKIP() << python << " has no torch or no safetensors (CRESSET_TEST_PYTHON names another)";
  const ScratchFolder folder;
  save(every_kind(), folder / "ours", {.metadata = {{"note", "for the reader"}}});
  const std::string command =
      python + " " CRESSET_TEST_DIR "/io/check_with_python.py " + (folder / "ours") + " " + (folder / "theirs");
  ASSERT_EQ(std::system(command.c_str()), 0);
  const StateDict again = load(folder / "theirs");
  EXPECT_EQ(again.size(), every_kind().size());
  for (const auto& [name, x] : every_kind()) EXPECT_TRUE(again.at(name).equal(x)) << name;
}

}  // namespace
}  // namespace cresset
