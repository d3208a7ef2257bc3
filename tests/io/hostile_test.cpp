// Files that are no safetensors files, or that lie: typed errors, nothing undefined.
#include <cresset/cresset.h>
#include <cresset/io/safetensors.h>
#include <gtest/gtest.h>

#include <random>

#include "support/scratch_folder.h"

namespace cresset {
namespace {

std::string file_of(const std::string& header, std::size_t data_bytes) {
  std::string out(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(header.size() >> (8 * i));
  return out + header + std::string(data_bytes, '\1');
}
std::string tensor_entry(const std::string& name, const std::string& offsets, const std::string& shape = "[1]",
                         const std::string& dtype = "F32") {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

struct Case {
  const char* what;
  std::string bytes;
  std::string message;  // after "load: PATH: "
};

std::vector<Case> cases() {
  return {
      {"empty", "", "a safetensors file has at least 8 bytes, this one 0"},
      {"short", "1234567", "a safetensors file has at least 8 bytes, this one 7"},
      {"wrong magic", "\x89PNG\r\n\x1a\n--------",
       "is no safetensors file (a header of 727905341920923785 bytes, at most 100000000 are allowed)"},
      {"huge header", std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10),
       "is no safetensors file (a header of 18446744073709551615 bytes, at most 100000000 are allowed)"},
      {"header cut", file_of("{}      ", 0).substr(0, 12), "is cut short (a header of 8 bytes, 4 follow)"},
      {"no object", file_of("[1, 2]", 0), "the header must be a JSON object"},
      {"data missing", file_of("{" + tensor_entry("a", "[0,4]") + "}", 3),
       "'a' must lie within the 3 bytes of values, has offsets 0 to 4"},
      {"data left over", file_of("{" + tensor_entry("a", "[0,4]") + "}", 5),
       "the tensors take 4 bytes, the file has 5"},
      {"overlap", file_of("{" + tensor_entry("a", "[0,4]") + "," + tensor_entry("b", "[0,4]") + "}", 4),
       "'b' must begin at byte 4, where the tensor before it ends, got 0"},
      {"hole", file_of("{" + tensor_entry("a", "[0,4]") + "," + tensor_entry("b", "[8,12]") + "}", 12),
       "'b' must begin at byte 4, where the tensor before it ends, got 8"},
      {"offsets swapped", file_of("{" + tensor_entry("a", "[4,0]") + "}", 4),
       "'a' must lie within the 4 bytes of values, has offsets 4 to 0"},
      {"offset overflow", file_of("{" + tensor_entry("a", "[18446744073709551612,18446744073709551615]") + "}", 4),
       "'a' must lie within the 4 bytes of values, has offsets 18446744073709551612 to 18446744073709551615"},
      {"offset too large for JSON", file_of("{" + tensor_entry("a", "[0,99999999999999999999999]") + "}", 4),
       "the offsets of 'a' must be whole numbers from 0 up, got 9.999999999999999e+22"},
      {"negative offset", file_of("{" + tensor_entry("a", "[-4,0]") + "}", 4),
       "the offsets of 'a' must be whole numbers from 0 up, got -4"},
      {"negative size", file_of("{" + tensor_entry("a", "[0,4]", "[-1]") + "}", 4),
       "the sizes of 'a' must be whole numbers from 0 up, got -1"},
      {"size overflow", file_of("{" + tensor_entry("a", "[0,4]", "[4611686018427387904,4]") + "}", 4),
       "the sizes [4611686018427387904,4] of 'a' overflow"},
      {"size overflow to zero", file_of("{" + tensor_entry("a", "[0,0]", "[4294967296,4294967296]") + "}", 0),
       "the sizes [4294967296,4294967296] of 'a' overflow"},
      {"size beyond int64", file_of("{" + tensor_entry("a", "[0,0]", "[18446744073709551615,0]") + "}", 0),
       "the sizes [18446744073709551615,0] of 'a' overflow"},
      {"wrong size", file_of("{" + tensor_entry("a", "[0,4]", "[2]") + "}", 4),
       "'a' of shape [2] and type F32 takes 8 bytes, has 4"},
      {"duplicate", file_of("{" + tensor_entry("a", "[0,4]") + "," + tensor_entry("a", "[4,8]") + "}", 8),
       "the header has the name 'a' twice"},
      {"duplicate field", file_of(R"({"a":{"dtype":"F32","dtype":"F64","shape":[1],"data_offsets":[0,4]}})", 4),
       "the header has the name 'dtype' twice"},
      {"field missing", file_of(R"({"a":{"dtype":"F32","shape":[1]}})", 4),
       "'a' must have dtype, shape and two data_offsets"},
      {"field of another type", file_of(R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})", 4),
       "'a' must have dtype, shape and two data_offsets"},
      {"deep", file_of("{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}", 0),
       "the header is nested deeper than 3 levels"},
      {"metadata of another type", file_of(R"({"__metadata__":{"a":1}})", 0),
       "__metadata__ must hold strings, 'a' is none"},
      {"metadata no object", file_of(R"({"__metadata__":[]})", 0), "__metadata__ must be an object of strings"},
      {"bool of 2", file_of("{" + tensor_entry("a", "[0,1]", "[1]", "BOOL") + "}", 0) + "\2",
       "'a' is of type BOOL, but has bytes that are neither 0 nor 1"},
      {"newer version",
       file_of(R"({"__metadata__":{"cresset":"{\"version\":2,\"ties\":[],\"channels_last\":[]}"}})", 0),
       "was written by a newer version of cresset"},
      {"own metadata without ties", file_of(R"({"__metadata__":{"cresset":"{\"version\":1}"}})", 0),
       "cresset's part of __metadata__ is malformed: [json.exception.out_of_range.403] key 'ties' not found"},
      {"tie to nothing",
       file_of(R"({"__metadata__":{"cresset":"{\"version\":1,\"ties\":[[0,\"a\",\"b\"]],\"channels_last\":[]}"}})", 0),
       "'a' is tied to 'b', which does not fit"},
      {"channels_last of a vector",
       file_of(R"({"__metadata__":{"cresset":"{\"version\":1,\"ties\":[],\"channels_last\":[\"a\"]}"},)" +
                   tensor_entry("a", "[0,4]") + "}",
               4),
       "'a' is said to be channels_last, but has 1 dimensions"},
  };
}

TEST(HostileFile, IsAFormatErrorThatSaysWhy) {
  const ScratchFolder folder;
  const std::string path = folder / "x";
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.what);
    write_text(path, c.bytes);
    EXPECT_EQ(message_of<FormatError>([&] { load(path); }), "load: " + path + ": " + c.message);
  }
}

TEST(HostileFile, TooManyDimensions) {
  const ScratchFolder folder;
  write_text(folder / "x", file_of("{" + tensor_entry("a", "[0,4]", "[1,1,1,1,1,1,1,1,1]") + "}", 4));
  EXPECT_EQ(message_of<UnsupportedError>([&] { load(folder / "x"); }),
            "load: " + (folder / "x") + ": 'a' has 9 dimensions, at most 8 are possible");
}

TEST(HostileFile, NotJson) {
  const ScratchFolder folder;
  write_text(folder / "x", file_of("{\"a\":", 0));
  const std::string message = message_of<FormatError>([&] { load(folder / "x"); });
  EXPECT_NE(message.find(": the header is not JSON: "), std::string::npos) << message;
}

TEST(HostileFile, MissingFolderOrFile) {
  const ScratchFolder folder;
  EXPECT_EQ(message_of<IoError>([&] { load(folder / "none"); }),
            "load: " + (folder / "none") + ": cannot open it: No such file or directory");
  EXPECT_EQ(message_of<IoError>([&] { load(folder.path()); }), "load: " + folder.path() + ": must be a regular file");
}

// The system's files say that they have 4096 bytes and give fewer, or none.
TEST(HostileFile, ThatGivesLessThanItPromises) {
  const std::string few = "/sys/devices/system/cpu/online", none = "/sys/class/net/lo/speed";
  if (!std::filesystem::exists(few) || read_text(few).size() >= 8 || !std::filesystem::exists(none))
    GTEST_SKIP() << "no such files here";
  EXPECT_EQ(message_of<FormatError>([&] { load(few); }), "load: " + few + ": became shorter while it was read");
  EXPECT_EQ(message_of<IoError>([&] { load(none); }), "load: " + none + ": cannot read it: Invalid argument");
}

// Whatever byte of a good file is changed or cut off, it loads or is refused with a typed error.
TEST(HostileFile, RandomDamageIsNeverUndefined) {
  const ScratchFolder folder;
  save({{"weight", ones({2, 3})}, {"flags", tensor({true, false})}, {"count", tensor(3)}}, folder / "good");
  const std::string good = read_text(folder / "good");
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good;
    for (auto n = random() % 3; n-- > 0;) bad[random() % bad.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bad.resize(random() % bad.size());
    write_text(folder / "bad", bad);
    try {
      for (const auto& [name, x] : load(folder / "bad")) ASSERT_GE(x.numel(), 0) << name;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace cresset
