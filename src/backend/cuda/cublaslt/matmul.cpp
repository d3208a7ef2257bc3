// The matrix product by cuBLASLt, with bias and relu in its epilogue.
//
// cuBLASLt's matrices lie in columns, and its bias runs along them. A dense c of rows is the same memory as its
// transpose in columns, so what is asked for is c^T = b^T a^T: b is cuBLASLt's first operand, N its rows.
#include <algorithm>
#include <mutex>

#include "backend/cuda/cublaslt/library.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/plan_key.h"
#include "backend/cuda/recently_used.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/workspace.h"

namespace cresset::cuda::backend {
namespace {

constexpr std::int64_t kMostWorkspace = std::int64_t{32} << 20;  // what NVIDIA recommends for Hopper

// How an operand lies in columns: `lines` apart, transposed or not. `none`: cuBLASLt has no words for it.
struct InColumns {
  bool none, transposed;
  std::int64_t line;
};
// Of a matrix of rows x columns elements with these strides.
InColumns in_columns(std::int64_t rows, std::int64_t columns, std::int64_t row_stride, std::int64_t column_stride) {
  // A dimension of one element has no stride.
  if ((row_stride == 1 || rows == 1) && (columns == 1 || column_stride >= rows))
    return {false, false, columns == 1 ? rows : column_stride};
  if ((column_stride == 1 || columns == 1) && (rows == 1 || row_stride >= columns))
    return {false, true, rows == 1 ? columns : row_stride};
  return {true, false, 0};
}
// First and second operand of cuBLASLt.
InColumns first_of(const MatmulProblem& p) { return in_columns(p.N, p.K, p.b_col, p.b_row); }
InColumns second_of(const MatmulProblem& p) { return in_columns(p.K, p.M, p.a_col, p.a_row); }

cudaDataType_t type_of(DType dtype) {
  return dtype == kFloat64 ? CUDA_R_64F : dtype == kFloat32 ? CUDA_R_32F : dtype == kFloat16 ? CUDA_R_16F : CUDA_R_16BF;
}

struct Alignments {  // in bytes, up to 256
  std::uint32_t a, b, bias, c;
};
std::uint32_t alignment_of(const void* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  return address == 0 ? 256 : static_cast<std::uint32_t>(std::min<std::uintptr_t>(address & -address, 256));
}

// What a plan is made for.
struct Wanted {
  const MatmulProblem& problem;
  bool relu;
  const Context& context;
  Alignments alignments;

  PlanKey key() const {
    const MatmulProblem& p = problem;
    PlanKey key(relu ? MatmulRelu::name : Matmul::name, context, false);
    for (const std::int64_t word :
         {static_cast<std::int64_t>(p.dtype), std::int64_t{p.bias}, p.batch, p.M, p.N, p.K, p.a_batch, p.a_row, p.a_col,
          p.b_batch, p.b_row, p.b_col, std::int64_t{alignments.a}, std::int64_t{alignments.b},
          std::int64_t{alignments.bias}, std::int64_t{alignments.c}})
      key.add(word);
    return key;
  }
};

// What cuBLASLt is given; no bias so far.
struct Plan {
  cublasStatus_t status;  // of the heuristic; where it is none, the rest is unknown
  cublasLtMatmulDescOpaque_t description;
  cublasLtMatrixLayoutOpaque_t first, second, result;
  cublasLtMatmulAlgo_t algorithm;
  std::size_t workspace;
};

template <class T>
void describe(const CublasLt& lt, cublasLtMatmulDescOpaque_t& to, cublasLtMatmulDescAttributes_t name, const T& value) {
  lt.check(lt.set_description(&to, name, &value, sizeof value), "cublasLtMatmulDescSetAttribute");
}

cublasLtMatrixLayoutOpaque_t layout(const CublasLt& lt, DType dtype, std::int64_t rows, std::int64_t columns,
                                    std::int64_t line, std::int64_t batch, std::int64_t from_matrix_to_matrix) {
  cublasLtMatrixLayoutOpaque_t out;
  lt.check(lt.init_layout(&out, sizeof out, type_of(dtype), static_cast<std::uint64_t>(rows),
                          static_cast<std::uint64_t>(columns), line),
           "cublasLtMatrixLayoutInit");
  const auto set = [&](cublasLtMatrixLayoutAttribute_t name, const auto& value) {
    lt.check(lt.set_layout(&out, name, &value, sizeof value), "cublasLtMatrixLayoutSetAttribute");
  };
  set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, static_cast<std::int32_t>(batch));
  set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, from_matrix_to_matrix);
  return out;
}

cublasLtMatmulPreferenceOpaque_t preference(const CublasLt& lt, const Wanted& wanted) {
  cublasLtMatmulPreferenceOpaque_t out;
  lt.check(lt.init_preference(&out, sizeof out), "cublasLtMatmulPreferenceInit");
  const auto set = [&](cublasLtMatmulPreferenceAttributes_t name, const auto& value) {
    lt.check(lt.set_preference(&out, name, &value, sizeof value), "cublasLtMatmulPreferenceSetAttribute");
  };
  set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
      static_cast<std::uint64_t>(std::min(wanted.context.workspace_limit, kMostWorkspace)));
  // Parts of a sum are added in float32, in an order that is fixed.
  set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
      static_cast<std::uint32_t>(wanted.context.allow_nondeterministic
                                     ? CUBLASLT_REDUCTION_SCHEME_MASK
                                     : CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, wanted.alignments.b);
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, wanted.alignments.a);
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, wanted.alignments.c);
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, wanted.alignments.c);
  return out;
}

Plan make_plan(const CublasLt& lt, const Wanted& wanted) {
  const MatmulProblem& p = wanted.problem;
  Plan plan{};
  const bool in_double = p.dtype == kFloat64;
  const cublasComputeType_t compute = in_double                                          ? CUBLAS_COMPUTE_64F
                                      : p.dtype == kFloat32 && wanted.context.allow_tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                                                         : CUBLAS_COMPUTE_32F;
  lt.check(
      lt.init_description(&plan.description, sizeof plan.description, compute, in_double ? CUDA_R_64F : CUDA_R_32F),
      "cublasLtMatmulDescInit");
  const InColumns first = first_of(p), second = second_of(p);
  describe(lt, plan.description, CUBLASLT_MATMUL_DESC_TRANSA, first.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  describe(lt, plan.description, CUBLASLT_MATMUL_DESC_TRANSB, second.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  const cublasLtEpilogue_t epilogue = p.bias        ? wanted.relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS
                                      : wanted.relu ? CUBLASLT_EPILOGUE_RELU
                                                    : CUBLASLT_EPILOGUE_DEFAULT;
  describe(lt, plan.description, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
  plan.first = first.transposed ? layout(lt, p.dtype, p.K, p.N, first.line, p.batch, p.b_batch)
                                : layout(lt, p.dtype, p.N, p.K, first.line, p.batch, p.b_batch);
  plan.second = second.transposed ? layout(lt, p.dtype, p.M, p.K, second.line, p.batch, p.a_batch)
                                  : layout(lt, p.dtype, p.K, p.M, second.line, p.batch, p.a_batch);
  plan.result = layout(lt, p.dtype, p.N, p.M, p.N, p.batch, p.M * p.N);
  cublasLtMatmulPreferenceOpaque_t wish = preference(lt, wanted);
  cublasLtMatmulHeuristicResult_t found{};
  int number = 0;
  const cublasLtHandle_t handle = lt.handle(wanted.context.device);
  plan.status = !handle ? CUBLAS_STATUS_NOT_INITIALIZED
                        : lt.heuristic(handle, &plan.description, &plan.first, &plan.second, &plan.result, &plan.result,
                                       &wish, 1, &found, &number);
  if (plan.status == CUBLAS_STATUS_SUCCESS) plan.status = number > 0 ? found.state : CUBLAS_STATUS_NOT_SUPPORTED;
  // Others say that the descriptors are wrong, which is no reason to take another kernel.
  if (plan.status != CUBLAS_STATUS_NOT_SUPPORTED && plan.status != CUBLAS_STATUS_NOT_INITIALIZED)
    lt.check(plan.status, "cublasLtMatmulAlgoGetHeuristic");
  plan.algorithm = found.algo;
  plan.workspace = found.workspaceSize;
  return plan;
}

struct CachedPlan {
  std::once_flag once;
  Plan plan;
};

// Made once, by whoever asks first; others wait for it alone.
std::shared_ptr<const Plan> plan_of(const CublasLt& lt, const Wanted& wanted) {
  static auto& plans = *new RecentlyUsed<PlanKey, CachedPlan>(512);
  const std::shared_ptr<CachedPlan> cached = plans.get(wanted.key());
  std::call_once(cached->once, [&] { cached->plan = make_plan(lt, wanted); });
  return {cached, &cached->plan};
}

// The least that is known before the operands are.
Alignments by_element(DType dtype) {
  const auto bytes = static_cast<std::uint32_t>(element_size(dtype));
  return {bytes, bytes, bytes, bytes};
}

template <bool kRelu>
Refusal refuses(const MatmulProblem& p, const Context& context) {
  const CublasLt& lt = CublasLt::get();
  if (!lt.missing().empty()) return Refusal(lt.refusal());
  if (!is_floating_point(p.dtype)) return {"dtype must be floating, is {}", static_cast<int>(p.dtype)};
  if (p.batch == 0 || p.M == 0 || p.N == 0 || p.K == 0)
    return {"no size may be 0, are {} x {} x {} x {}", p.batch, p.M, p.N, p.K};
  constexpr std::int64_t kMost = INT32_MAX;
  if (p.batch > kMost || p.M > kMost || p.N > kMost || p.K > kMost)
    return {"sizes must fit 32 bits, are {} x {} x {} x {}", p.batch, p.M, p.N, p.K};
  if (second_of(p).none) return {"a must be dense along a dimension, has strides {} and {}", p.a_row, p.a_col};
  if (first_of(p).none) return {"b must be dense along a dimension, has strides {} and {}", p.b_row, p.b_col};
  const auto plan = plan_of(lt, {p, kRelu, context, by_element(p.dtype)});
  if (plan->status != CUBLAS_STATUS_SUCCESS)
    return {"cuBLASLt has no algorithm for it: status {}", static_cast<int>(plan->status)};
  return {};
}

template <bool kRelu>
void run(const MatmulProblem& p, const Context& context, const void* a, const void* b, const void* bias, void* c) {
  const CublasLt& lt = CublasLt::get();
  auto plan = plan_of(lt, {p, kRelu, context, {alignment_of(a), alignment_of(b), alignment_of(bias), alignment_of(c)}});
  if (plan->status != CUBLAS_STATUS_SUCCESS) plan = plan_of(lt, {p, kRelu, context, by_element(p.dtype)});
  cublasLtMatmulDescOpaque_t description = plan->description;
  if (p.bias) describe(lt, description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  const Workspace workspace(context, plan->workspace);
  const double one = 1, zero = 0;
  const float one_float = 1, zero_float = 0;
  const bool in_double = p.dtype == kFloat64;
  // The functions take layouts as if they wrote to them.
  auto first = plan->first, second = plan->second, result = plan->result;
  lt.check(lt.matmul(lt.handle(context.device), &description, in_double ? static_cast<const void*>(&one) : &one_float,
                     b, &first, a, &second, in_double ? static_cast<const void*>(&zero) : &zero_float, c, &result, c,
                     &result, &plan->algorithm, workspace.data(), plan->workspace, stream_of(context.stream)),
           "cublasLtMatmul");
}

}  // namespace

constinit const Kernel<Matmul> kMatmulCublasLt = {"cublaslt", refuses<false>, run<false>};
constinit const Kernel<MatmulRelu> kMatmulReluCublasLt = {"cublaslt", refuses<true>, run<true>};

}  // namespace cresset::cuda::backend
