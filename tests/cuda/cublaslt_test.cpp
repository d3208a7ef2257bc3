// The matrix product by cuBLASLt where the op case table does not reach: what the process allows, how much memory it
// may take, alignment, graphs, and a machine without the library. In the simulator the product is computed from
// cuBLASLt's own descriptors.
#include <cresset/cuda_graph.h>
#include <cresset/cudnn.h>
#include <cresset/dispatch.h>
#include <gmock/gmock.h>

#include <cstdlib>

#include "cuda/cuda_test.h"
#include "support/message.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using testing::HasSubstr;

const std::string& missing() {
  static const std::string reason = [] {
    for (const cuda::LibraryInfo& library : cuda::libraries())
      if (library.name == "cuBLASLt") return library.missing;
    return std::string("this build knows no cuBLASLt");
  }();
  return reason;
}

class CublasLt : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    if (!IsSkipped() && !missing().empty()) GTEST_SKIP() << missing();
  }
  void TearDown() override {
    allow_tf32(false);
    set_workspace_limit(std::int64_t{1} << 30);
  }
};

Tensor whole(const Shape& shape, std::uint64_t seed, DType dtype = kFloat32) {
  manual_seed(seed);
  return randint(-4, 5, shape).to(dtype);
}

TEST_F(CublasLt, TakesEveryTransposeAndDtype) {
  for (const DType dtype : {kFloat64, kFloat32, kFloat16, kBFloat16}) {
    const Tensor a = whole({5, 7}, 1, dtype), b = whole({7, 3}, 2, dtype), product = matmul(a, b);
    const ForceKernelGuard force("matmul=cublaslt");
    // Dense in rows and in columns, and the same as parts of larger matrices.
    const auto layouts = [](const Tensor& t) {
      const auto part = [](const Tensor& dense) {
        Tensor room = zeros({dense.size(0) + 3, dense.size(1) + 2}, {.dtype = dense.dtype(), .device = kCuda});
        Tensor inside = room.narrow(0, 1, dense.size(0)).narrow(1, 2, dense.size(1));
        inside.copy_(dense.to(kCuda));
        return inside;
      };
      const Tensor columns = t.t().contiguous();
      return std::vector<Tensor>{t.to(kCuda), columns.to(kCuda).t(), part(t), part(columns).t()};
    };
    for (const Tensor& x : layouts(a))
      for (const Tensor& y : layouts(b))
        EXPECT_TRUE(matmul(x, y).cpu().equal(product)) << name(dtype) << x.strides().str() << y.strides().str();
  }
}

// Large enough that cuBLASLt takes a tensor core on a device where it may. It need not: with tf32 allowed both answers
// are right, and which one comes is the algorithm's.
TEST_F(CublasLt, RoundsToTf32OnlyWhereThatIsAllowed) {
  const ForceKernelGuard force("matmul=cublaslt");
  constexpr std::int64_t kSize = 256;
  const float unit = 0x1p-10f;  // the last digit of tf32
  // Equal terms of 13 bits, 256 of them: float32 adds them without an error, in any order.
  const auto product = [&] {
    return matmul(full({kSize, kSize}, 1 + unit / 4, {.device = kCuda}), ones({kSize, kSize}, {.device = kCuda})).cpu();
  };
  const Tensor exact = full({kSize, kSize}, kSize * (1 + unit / 4)), rounded = full({kSize, kSize}, kSize);
  EXPECT_TRUE(product().equal(exact));
  allow_tf32(true);
  const Tensor allowed = product();
  EXPECT_TRUE(allowed.equal(rounded) || allowed.equal(exact)) << allowed.index({0, 0}).item();
  if (cuda::is_simulated()) {
    EXPECT_TRUE(allowed.equal(rounded));  // whose algorithm always rounds
  }
  allow_tf32(false);
  EXPECT_TRUE(product().equal(exact));
}

TEST_F(CublasLt, NeedsNoWorkspace) {
  const Tensor a = whole({2, 600}, 1), b = whole({600, 3}, 2), product = matmul(a, b);
  const ForceKernelGuard force("matmul=cublaslt");
  for (const std::int64_t limit : {std::int64_t{1} << 30, std::int64_t{0}}) {
    set_workspace_limit(limit);
    EXPECT_TRUE(matmul(a.to(kCuda), b.to(kCuda)).cpu().equal(product)) << limit;
  }
}

// The algorithm is chosen for the alignment that the operands have.
TEST_F(CublasLt, TakesOperandsAtAnyElement) {
  const Tensor a = whole({8, 16}, 1), b = whole({16, 8}, 2), bias = whole({8}, 3), y = F::linear(a, b.t(), bias);
  const auto at_an_odd_element = [](const Tensor& t) {
    const Tensor room = empty({t.numel() + 1}, {.dtype = t.dtype(), .device = kCuda});
    Tensor moved = room.narrow(0, 1, t.numel()).view(t.shape());
    moved.copy_(t);
    return moved;
  };
  const ForceKernelGuard force("matmul=cublaslt");
  EXPECT_TRUE(F::linear(a.to(kCuda), b.t().contiguous().to(kCuda), bias.to(kCuda)).cpu().equal(y));
  EXPECT_TRUE(
      F::linear(at_an_odd_element(a), at_an_odd_element(b.t().contiguous()), at_an_odd_element(bias)).cpu().equal(y));
}

TEST_F(CublasLt, RefusesWithItsReason) {
  const ForceKernelGuard force("matmul=cublaslt");
  const auto refusal = [](const Tensor& a, const Tensor& b) {
    return message_of<UnsupportedError>([&] { matmul(a.to(kCuda), b.to(kCuda)); });
  };
  EXPECT_THAT(refusal(ones({2, 2}, {.dtype = kInt64}), ones({2, 2}, {.dtype = kInt64})),
              HasSubstr("cublaslt refused: dtype must be floating, is "));
  EXPECT_THAT(refusal(ones({2, 0}), ones({0, 2})), HasSubstr("cublaslt refused: no size may be 0, are 1 x 2 x 2 x 0"));
}

TEST_F(CublasLt, WorksInAGraph) {
  const Tensor a = whole({4, 6}, 1), b = whole({6, 5}, 2), product = matmul(a, b);
  const Tensor x = zeros({4, 6}, {.device = kCuda}), y = b.to(kCuda);
  Tensor z;
  const ForceKernelGuard force("matmul=cublaslt");
  matmul(x, y);  // the library and the plan
  cuda::Graph graph;
  graph.capture([&] { z = matmul(x, y); });
  Tensor(x).copy_(a.to(kCuda));
  graph.replay();
  EXPECT_TRUE(z.cpu().equal(product));
}

// A process asks for the library once.
class CublasLtAway : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
};

[[noreturn]] void multiply_and_exit() {
  const Tensor x = ones({4, 4}, {.device = kCuda});
  std::fprintf(stderr, "sum: %g\n", matmul(x, x).sum().item());
  const ForceKernelGuard force("matmul=cublaslt");
  std::fprintf(stderr, "%s\n", message_of<UnsupportedError>([&] { matmul(x, x); }).c_str());
  std::exit(0);
}

TEST_F(CublasLtAway, ItsOwnKernelsDoTheWorkWithoutTheLibrary) {
  if (missing().find("without") != std::string::npos) GTEST_SKIP() << missing();
  setenv("CRESSET_CUBLASLT", "/nowhere", 1);
  EXPECT_EXIT(multiply_and_exit(), testing::ExitedWithCode(0),
              "sum: 64\n(.|\n)*cublaslt refused: CRESSET_CUBLASLT=/nowhere: this build is made for libcublasLt");
  unsetenv("CRESSET_CUBLASLT");
}

}  // namespace
}  // namespace cresset::test
