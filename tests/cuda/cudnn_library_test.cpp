// What a machine may have in cuDNN's place: each is one clear reason, a typed error where cuDNN is required, and no
// hindrance where it is not. The libraries are made here, of a few lines of C.
#include <cresset/cudnn.h>
#include <cresset/dispatch.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cuda/cuda_test.h"
#include "support/message.h"
#include "support/sanitizer.h"
#include "support/scratch_folder.h"
#include "support/subprocess.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
namespace fs = std::filesystem;
using testing::HasSubstr;

class CudnnLibrary : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    if (IsSkipped()) return;
    if (cuda::libraries().empty() || cuda::libraries()[0].missing.find("was made without") != std::string::npos)
      GTEST_SKIP() << "a build without cuDNN's headers";
    if (std::system("cc --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "needs a C compiler";
  }

  std::string folder(const std::string& name) const {
    fs::create_directories(folder_ / name);
    return folder_ / name;
  }
  // A library of one function.
  void make(const std::string& in, const std::string& file, const std::string& code) const {
    std::ofstream(in + "/code.c") << code << "\n";
    ASSERT_EQ(
        std::system(("cc -shared -fPIC -Wl,-soname," + file + " " + in + "/code.c -o " + in + "/" + file).c_str()), 0);
  }
  static std::string version(int number) {
    return "unsigned long cudnnGetVersion(void) { return " + std::to_string(number) + "; }";
  }
  // A whole set.
  std::string make_set(const std::string& name, int number, int number_of_graph) const {
    const std::string in = folder(name);
    make(in, "libcudnn.so.9", version(number));
    make(in, "libcudnn_graph.so.9", version(number_of_graph));
    make(in, "libcudnn_heuristic.so.9", "int heuristic;");
    return in;
  }

  // What a process says whose environment is this.
  static std::string said(const std::vector<std::string>& environment) {
    const Outcome outcome = run_self(
        {"--gtest_also_run_disabled_tests", "--gtest_filter=CudnnLibrary.DISABLED_SaysWhatIsWrong"}, environment);
    EXPECT_THAT(outcome.output, HasSubstr("[  PASSED  ] 1 test."));
    const auto begin = outcome.output.find("not used: "), end = outcome.output.find('\n', begin);
    return begin == std::string::npos ? outcome.output : outcome.output.substr(begin, end - begin);
  }

  ScratchFolder folder_;
};

TEST_F(CudnnLibrary, DISABLED_SaysWhatIsWrong) {
  const cuda::LibraryInfo cudnn = cuda::libraries()[0];
  std::printf("not used: %s\n", cudnn.missing.c_str());
  ASSERT_FALSE(cudnn.missing.empty());
  const Tensor x = ones({1, 3, 6, 6}, {.device = kCuda}), w = ones({2, 3, 3, 3}, {.device = kCuda});
  EXPECT_EQ(F::conv2d(x, w).sum().item(), 2 * 16 * 27);  // by our own kernels
  const ForceKernelGuard force("conv2d=cudnn");
  EXPECT_EQ(message_of<UnsupportedError>([&] { F::conv2d(x, w); }),
            "conv2d.forward: no cuda kernel takes this problem\n  cudnn refused: " + cudnn.missing);
}

TEST_F(CudnnLibrary, Missing) {
  EXPECT_EQ(said({"CRESSET_CUDNN=off"}), "not used: cuDNN is switched off by CRESSET_CUDNN=off");
  const std::string empty = folder("empty");
  EXPECT_EQ(said({"CRESSET_CUDNN=" + empty}),
            "not used: CRESSET_CUDNN=" + empty + ": there is no " + empty + "/libcudnn.so.9");
  EXPECT_THAT(said({"CRESSET_CUDNN=/no/libcudnn.so.9"}), HasSubstr("there is no /no/libcudnn.so.9"));
  // Braces are no format.
  EXPECT_THAT(said({"CRESSET_CUDNN=" + folder("{0}")}), HasSubstr("{0}/libcudnn.so.9"));
}

TEST_F(CudnnLibrary, OfAnotherVersion) {
  const std::string eight = folder("eight");
  make(eight, "libcudnn.so.8", version(8907));
  EXPECT_THAT(said({"CRESSET_CUDNN=" + eight}), HasSubstr("only libcudnn.so.8, of another version"));
  EXPECT_THAT(said({"CRESSET_CUDNN=" + eight + "/libcudnn.so.8"}), HasSubstr("this build is made for libcudnn.so.9"));
  const std::string renamed = make_set("renamed", 8907, 8907);
  EXPECT_EQ(said({"CRESSET_CUDNN=" + renamed}), "not used: cuDNN 8.9.7 (" + renamed +
                                                    "/libcudnn.so.9) is of another major version than the 9 that this "
                                                    "build is made for");
  if (cuda::is_simulated()) {
    EXPECT_THAT(said({"CRESSET_CUDNN=" + make_set("older", 90101, 90101)}),
                HasSubstr("is too old: 9.8.0 or newer is needed"));
  }
}

TEST_F(CudnnLibrary, Mixed) {
  const std::string mixed = make_set("mixed", 91900, 91200);
  EXPECT_EQ(said({"CRESSET_CUDNN=" + mixed}), "not used: cuDNN is mixed: " + mixed +
                                                  "/libcudnn.so.9 is 9.19.0, but libcudnn_graph.so.9 beside it is "
                                                  "9.12.0; install it anew");
  // A part of another set is open already.
  const std::string other = make_set("other", 91200, 91200), whole = make_set("whole", 91900, 91900);
  if (!kAddressSanitizer) {  // which must come first itself
    EXPECT_THAT(said({"CRESSET_CUDNN=" + whole, "LD_PRELOAD=" + other + "/libcudnn_graph.so.9"}),
                HasSubstr("cuDNN would be mixed: this process has " + other + "/libcudnn_graph.so.9 open"));
  }
  // The linker would take parts from elsewhere; they come from beside the library. This program may need the folders
  // that were named before.
  const char* named = std::getenv("LD_LIBRARY_PATH");
  const std::string folders = named && *named ? other + ":" + named : other;
  EXPECT_THAT(said({"CRESSET_CUDNN=" + whole, "LD_LIBRARY_PATH=" + folders}), HasSubstr("has no function"));
}

TEST_F(CudnnLibrary, NotWhole) {
  const std::string part = make_set("part", 91900, 91900);
  fs::remove(part + "/libcudnn_heuristic.so.9");
  EXPECT_THAT(said({"CRESSET_CUDNN=" + part}), HasSubstr("is not whole: there is no libcudnn_heuristic.so.9"));
  const std::string hollow = make_set("hollow", 91900, 91900);
  EXPECT_THAT(said({"CRESSET_CUDNN=" + hollow}), HasSubstr("has no function cudnn"));
  const std::string text = make_set("text", 91900, 91900);
  std::ofstream(text + "/libcudnn_graph.so.9") << "no library";
  EXPECT_THAT(said({"CRESSET_CUDNN=" + text}), HasSubstr("libcudnn_graph.so.9 cannot be loaded: "));
}

// Says what becomes of a softmax; run by the next test, in a process of its own that finds another set.
TEST_F(CudnnLibrary, DISABLED_SaysHowSoftmaxIs) {
  const Tensor x = arange(3.0).to(kCuda);
  std::printf("not used: %s\n", cuda::libraries()[0].missing.c_str());
  EXPECT_TRUE(allclose(F::softmax(x, 0).cpu(), F::softmax(x.cpu(), 0)));  // by our own kernel
  const ForceKernelGuard force("softmax=cudnn");
  try {
    F::softmax(x, 0);
  } catch (const UnsupportedError& error) {
    std::printf("not used: %s\n", error.what());
  }
}

TEST_F(CudnnLibrary, WithoutThePartThatHasSoftmax) {
  if (!cuda::libraries()[0].missing.empty()) GTEST_SKIP() << cuda::libraries()[0].missing;
  const std::string without = folder("without");
  const fs::path whole = fs::path(cuda::libraries()[0].path).parent_path();
  for (const char* name : {"libcudnn.so.9", "libcudnn_graph.so.9", "libcudnn_heuristic.so.9", "libcudnn_cnn.so.9"})
    fs::copy(whole / name, without);
  const auto outcome = [&] {
    return run_self({"--gtest_also_run_disabled_tests", "--gtest_filter=CudnnLibrary.DISABLED_SaysHowSoftmaxIs"},
                    {"CRESSET_CUDNN=" + without})
        .output;
  };
  // libcudnn_cnn.so.9 wants it, and the linker may know another.
  EXPECT_THAT(outcome(), testing::AnyOf(HasSubstr("not used: cuDNN would be mixed: "),
                                        HasSubstr("libcudnn_cnn.so.9 cannot be loaded: libcudnn_ops.so.9")));
  fs::remove(without + "/libcudnn_cnn.so.9");
  EXPECT_THAT(outcome(), HasSubstr("not used: \nnot used: softmax.forward: no cuda kernel takes this problem\n  cudnn "
                                   "refused: cuDNN's softmax is in libcudnn_ops.so.9, which is not there"));
}

}  // namespace
}  // namespace cresset::test
