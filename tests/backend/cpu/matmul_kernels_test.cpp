#include "backend/cpu/matmul_kernels.h"

#include "core/cpu_info.h"
#include "kernel_buffers.h"

namespace cresset::cpu {
namespace {

#if CRESSET_HAS_ONEDNN
// Why it does not take the problem on this machine.
std::string onednn_refusal(const MatmulProblem& p) {
  Context context;
  context.isa = cpu_isa();
  return kMatmulOnednn.refuses(p, context).str();
}
#endif

// Those that take it.
std::vector<KernelChoice<Matmul>> kernels_of(const MatmulProblem& p) {
  std::vector<KernelChoice<Matmul>> kernels = choices(kMatmulHighway, kMatmulReference, p);
#if CRESSET_HAS_ONEDNN
  if (onednn_refusal(p).empty()) kernels.push_back({kMatmulOnednn, false});
#endif
  return kernels;
}

struct Sizes {
  std::int64_t batch, M, N, K;
};

// a and b as [batch, M, K] and [batch, K, N], each stored transposed or not, b possibly broadcast over the batch.
MatmulProblem problem_of(DType dtype, Sizes s, bool bias, bool a_transposed, bool b_transposed, bool broadcast) {
  return {dtype,
          bias,
          s.batch,
          s.M,
          s.N,
          s.K,
          s.M * s.K,
          a_transposed ? 1 : s.K,
          a_transposed ? s.M : 1,
          broadcast ? 0 : s.K * s.N,
          b_transposed ? 1 : s.N,
          b_transposed ? s.K : 1};
}

void check_product(const MatmulProblem& p, bool whole, const std::string& what) {
  const std::int64_t b_size = p.b_batch == 0 ? p.K * p.N : p.batch * p.K * p.N;
  const double range = whole ? 3 : 1;
  const Values a = random_values(p.dtype, p.batch * p.M * p.K, whole, range, 1);
  const Values b = random_values(p.dtype, b_size, whole, range, 2);
  const Values bias = random_values(p.dtype, p.N, whole, range, 3);
  Values want(static_cast<std::size_t>(p.batch * p.M * p.N)), allowed(want.size());
  for (std::int64_t i = 0, at = 0; i < p.batch; ++i)
    for (std::int64_t m = 0; m < p.M; ++m)
      for (std::int64_t n = 0; n < p.N; ++n, ++at) {
        double sum = p.bias ? bias[n] : 0, size = std::abs(sum);
        for (std::int64_t k = 0; k < p.K; ++k) {
          const double term =
              a[i * p.a_batch + m * p.a_row + k * p.a_col] * b[i * p.b_batch + k * p.b_row + n * p.b_col];
          sum += term;
          size += std::abs(term);
        }
        want[at] = p.dtype == kUInt8 ? static_cast<std::uint8_t>(static_cast<std::int64_t>(sum)) : sum;
        allowed[at] = whole ? 0 : epsilon(p.dtype) * (2 + std::sqrt(double(p.K))) * size;
      }
  Buffer from_a(p.dtype, a), from_b(p.dtype, b), from_bias(p.dtype, bias);
  for (const auto& choice : kernels_of(p))
    on_each_target(
        choice.vectorised, what + " by " + std::string(choice.kernel.name),
        [&] {
          std::vector<Buffer> c{Buffer(p.dtype, p.batch * p.M * p.N)};
          choice.kernel.run(p, {}, from_a.data(), from_b.data(), p.bias ? from_bias.data() : nullptr, c[0].data());
          return c;
        },
        [&](std::vector<Buffer>& c, const std::string& where) { expect_close(c[0].values(), want, allowed, where); });
}

void check_all_forms(DType dtype, const std::vector<Sizes>& sizes, bool whole) {
  for (const Sizes& s : sizes)
    for (int form = 0; form < 16; ++form) {
      const MatmulProblem p = problem_of(dtype, s, form & 1, form & 2, form & 4, form & 8);
      if (p.b_batch == 0 && s.batch < 2 && s.K * s.N > 0) continue;
      check_product(
          p, whole,
          testing::PrintToString(std::vector<std::int64_t>{s.batch, s.M, s.N, s.K}) + " form " + std::to_string(form));
      if (testing::Test::HasFatalFailure()) return;
    }
}

const std::vector<Sizes> kSmall = {{1, 1, 1, 1}, {1, 4, 10, 84}, {1, 5, 3, 33},  {2, 3, 17, 7},  {1, 16, 65, 15},
                                   {3, 7, 5, 2}, {1, 2, 130, 9}, {1, 20, 31, 4}, {0, 3, 4, 5},   {2, 0, 4, 5},
                                   {2, 3, 0, 5}, {2, 3, 4, 0},   {1, 1, 9, 40},  {1, 33, 1, 40}, {7, 9, 11, 13}};
const std::vector<Sizes> kLarge = {
    {1, 17, 97, 193}, {2, 65, 50, 130}, {1, 100, 49, 385}, {1, 4, 120, 400}, {1, 120, 400, 4}};

TEST(MatmulKernels, WholeNumbersAreExactInEveryDType) {
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32, kUInt8}) {
    // bfloat16 holds whole numbers up to 256 only.
    check_all_forms(dtype, dtype == kBFloat16 ? std::vector<Sizes>{{2, 3, 17, 7}, {1, 5, 33, 20}} : kSmall, true);
  }
  for (const DType dtype : {kFloat32, kFloat64}) check_all_forms(dtype, kLarge, true);
}

TEST(MatmulKernels, RealNumbersAgreeWithADoubleSum) {
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16}) check_all_forms(dtype, kSmall, false);
  for (const DType dtype : {kFloat32, kFloat64}) check_all_forms(dtype, kLarge, false);
}

// Past one block of packed rows (1,536) and columns (3,072), with a short inner dimension that still packs.
TEST(MatmulKernels, SeveralBlocksOfRowsAndColumns) {
  check_product(problem_of(kFloat32, {1, 1550, 20, 17}, true, false, false, false), true, "rows");
  check_product(problem_of(kFloat32, {1, 18, 3100, 17}, true, true, true, false), true, "columns");
}

// What oneDNN is given in pieces, the last of another size: rows, columns, matrices.
TEST(MatmulKernels, PiecesOfLargeProducts) {
  for (const Sizes& s : {Sizes{1, 601, 96, 100}, {1, 96, 601, 100}, {5, 90, 110, 100}})
    for (int form = 0; form < 16; ++form) {
      const bool broadcast = form & 8;
      if (broadcast && s.batch == 1) continue;
      const std::string what =
          testing::PrintToString(std::vector<std::int64_t>{s.batch, s.M, s.N, s.K}) + " form " + std::to_string(form);
      check_product(problem_of(kFloat32, s, form & 1, form & 2, form & 4, broadcast), true, what);
      check_product(problem_of(kBFloat16, s, form & 1, form & 2, form & 4, broadcast), false, what + ", bfloat16");
      if (testing::Test::HasFatalFailure()) return;
    }
}

TEST(MatmulKernels, AnyStrides) {
  MatmulProblem p = problem_of(kFloat32, {2, 18, 19, 20}, false, false, false, false);
  p.a_row = 41, p.a_col = 2, p.a_batch = 18 * 41;
  p.b_row = 3, p.b_col = 61, p.b_batch = 0;
  const Values a = random_values(p.dtype, 2 * p.a_batch, true, 5, 1), b = random_values(p.dtype, 61 * 19, true, 5, 2);
  Buffer from_a(p.dtype, a), from_b(p.dtype, b), c(p.dtype, 2 * 18 * 19), want(p.dtype, 2 * 18 * 19);
  kMatmulReference.run(p, {}, from_a.data(), from_b.data(), nullptr, want.data());
  for (const auto& choice : kernels_of(p)) {
    choice.kernel.run(p, {}, from_a.data(), from_b.data(), nullptr, c.data());
    EXPECT_EQ(c.values(), want.values()) << choice.kernel.name;
  }
}

TEST(MatmulKernels, IntegersWrap) {
  const MatmulProblem p = problem_of(kInt32, {1, 1, 1, 2}, false, false, false, false);
  const std::int32_t a[] = {2147483647, 1}, b[] = {2, 3};
  std::int32_t c = 0;
  kMatmulReference.run(p, {}, a, b, nullptr, &c);
  EXPECT_EQ(c, 1);
}

TEST(MatmulKernels, InfinityAndNaNPass) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  for (const bool b_transposed : {false, true}) {
    const MatmulProblem p = problem_of(kFloat32, {1, 1, 1, 3}, false, false, b_transposed, false);
    Buffer a(kFloat32, {1, inf, 1}), zero(kFloat32, {1, 0, 1}), one(kFloat32, {1, 1, 1});
    for (const auto& choice : kernels_of(p)) {
      Buffer c(kFloat32, 1);
      choice.kernel.run(p, {}, a.data(), zero.data(), nullptr, c.data());
      expect_close(c.values(), {nan}, {0}, "inf * 0");
      choice.kernel.run(p, {}, a.data(), one.data(), nullptr, c.data());
      expect_close(c.values(), {inf}, {0}, "inf * 1");
    }
  }
}

TEST(MatmulKernels, Refusals) {
  EXPECT_TRUE(kMatmulHighway.refuses(problem_of(kInt32, {1, 1, 1, 1}, false, false, false, false), {}));
  EXPECT_TRUE(kMatmulReference.refuses(problem_of(kBool, {1, 1, 1, 1}, false, false, false, false), {}));
}

#if CRESSET_HAS_ONEDNN
TEST(MatmulKernels, OneDnnTakesWhatLinearLayersAre) {
  for (const DType dtype : {kFloat32, kBFloat16})
    for (const auto& [a_transposed, b_transposed] : {std::pair{false, true}, {false, false}, {true, false}})
      for (const Sizes& s : {Sizes{1, 64, 48, 33}, {1, 1, 10, 84}, {1, 84, 1, 10}, {1, 10, 84, 1}, {3, 8, 9, 10}})
        for (const bool broadcast : {false, true}) {
          const MatmulProblem p = problem_of(dtype, s, true, a_transposed, b_transposed, broadcast);
          EXPECT_EQ(onednn_refusal(p), dtype == kBFloat16 && cpu_isa() < CpuIsa::avx512 ? "bfloat16 needs AVX-512" : "")
              << a_transposed << b_transposed << broadcast
              << testing::PrintToString(std::vector<std::int64_t>{s.batch, s.M, s.N, s.K});
        }
}

TEST(MatmulKernels, OneDnnRefusalsSayWhy) {
  EXPECT_EQ(onednn_refusal(problem_of(kFloat64, {1, 4, 4, 4}, false, false, false, false)),
            "dtype must be float32, bfloat16 or float16, is 1");
  for (const Sizes& s : {Sizes{0, 3, 4, 5}, {2, 0, 4, 5}, {2, 3, 0, 5}, {2, 3, 4, 0}})
    EXPECT_EQ(onednn_refusal(problem_of(kFloat32, s, false, false, false, false)),
              "oneDNN is given no operand without elements");
  MatmulProblem repeated = problem_of(kFloat32, {1, 4, 4, 4}, false, false, false, false);
  repeated.a_row = 0;
  EXPECT_EQ(onednn_refusal(repeated), "oneDNN is given no matrix that repeats a row or a column");
}
#endif

}  // namespace
}  // namespace cresset::cpu
