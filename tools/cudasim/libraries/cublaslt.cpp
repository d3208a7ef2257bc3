// What of cuBLASLt needs a GPU: its handle, its heuristic, and the product itself, computed by plain loops from what
// the descriptors hold. They are made by the real library and are read back from it, attribute by attribute, so that
// what is computed is what the library was told, whoever told it.
//
// The heuristic is none: it checks what cuBLASLt's documentation asks of the operands, and gives one algorithm, which
// remembers the alignments and the workspace that it was promised. What the product is then given is held against them.
#include <cublasLt.h>
#include <dlfcn.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "../src/api.h"
#include "../src/report.h"
#include "cudasim/half_bits.h"
#include "library_work.h"

using namespace cudasim;

namespace {

/// Thrown where an argument is none that the real library takes.
struct Refused {
  cublasStatus_t status;
};

struct Library {
  decltype(&cublasLtMatmulDescGetAttribute) description = nullptr;
  decltype(&cublasLtMatrixLayoutGetAttribute) layout = nullptr;
  decltype(&cublasLtMatmulPreferenceGetAttribute) preference = nullptr;
};

/// The real library, which who made the descriptors has loaded.
const Library* library() {
  static const Library found = [] {
    Library l;
    const std::string name = "libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR);
    void* const handle = dlopen(name.c_str(), RTLD_NOLOAD | RTLD_LAZY);
    if (handle == nullptr) return l;
    const auto find = [&](auto& function, const char* symbol) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, symbol));
    };
    find(l.description, "cublasLtMatmulDescGetAttribute");
    find(l.layout, "cublasLtMatrixLayoutGetAttribute");
    find(l.preference, "cublasLtMatmulPreferenceGetAttribute");
    return l;
  }();
  return found.description != nullptr && found.layout != nullptr && found.preference != nullptr ? &found : nullptr;
}

template <class Value, class Get, class Descriptor, class Attribute>
Value attribute(Get get, Descriptor descriptor, Attribute name) {
  Value value{};
  size_t written = 0;
  if (get(descriptor, name, &value, sizeof value, &written) != CUBLAS_STATUS_SUCCESS || written != sizeof value)
    throw Refused{CUBLAS_STATUS_INVALID_VALUE};
  return value;
}

struct Matrix {
  cudaDataType_t type;
  int64_t rows, columns, line;  // line: from column to column, or from row to row where rows lie side by side
  int32_t order, batch;
  int64_t batch_offset;

  static Matrix read(cublasLtMatrixLayout_t layout) {
    if (layout == nullptr) throw Refused{CUBLAS_STATUS_INVALID_VALUE};
    const auto get = [&]<class Value>(cublasLtMatrixLayoutAttribute_t name) {
      return attribute<Value>(library()->layout, layout, name);
    };
    Matrix m{static_cast<cudaDataType_t>(get.operator()<uint32_t>(CUBLASLT_MATRIX_LAYOUT_TYPE)),
             static_cast<int64_t>(get.operator()<uint64_t>(CUBLASLT_MATRIX_LAYOUT_ROWS)),
             static_cast<int64_t>(get.operator()<uint64_t>(CUBLASLT_MATRIX_LAYOUT_COLS)),
             get.operator()<int64_t>(CUBLASLT_MATRIX_LAYOUT_LD),
             get.operator()<int32_t>(CUBLASLT_MATRIX_LAYOUT_ORDER),
             get.operator()<int32_t>(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT),
             get.operator()<int64_t>(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET)};
    if (m.order != CUBLASLT_ORDER_COL && m.order != CUBLASLT_ORDER_ROW) throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    if (get.operator()<int64_t>(CUBLASLT_MATRIX_LAYOUT_PLANE_OFFSET) != 0) throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    if (get.operator()<uint32_t>(CUBLASLT_MATRIX_LAYOUT_BATCH_MODE) != CUBLASLT_BATCH_MODE_STRIDED)
      throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    if (m.rows <= 0 || m.columns <= 0 || m.batch <= 0 || m.line < m.inner()) throw Refused{CUBLAS_STATUS_INVALID_VALUE};
    return m;
  }
  bool by_columns() const { return order == CUBLASLT_ORDER_COL; }
  int64_t inner() const { return by_columns() ? rows : columns; }
  int64_t at(int64_t matrix, int64_t row, int64_t column) const {
    return matrix * batch_offset + (by_columns() ? column * line + row : row * line + column);
  }
  size_t element() const { return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2; }
  /// From the first element to behind the last.
  size_t bytes() const { return (static_cast<size_t>(at(batch - 1, rows - 1, columns - 1)) + 1) * element(); }
};

double load(cudaDataType_t type, const void* from, int64_t i) {
  switch (type) {
    case CUDA_R_64F: return static_cast<const double*>(from)[i];
    case CUDA_R_32F: return static_cast<double>(static_cast<const float*>(from)[i]);
    case CUDA_R_16F: return static_cast<double>(HalfFormat::to_float(static_cast<const uint16_t*>(from)[i]));
    default: return static_cast<double>(BfloatFormat::to_float(static_cast<const uint16_t*>(from)[i]));
  }
}
void store(cudaDataType_t type, void* to, int64_t i, double value) {
  switch (type) {
    case CUDA_R_64F: static_cast<double*>(to)[i] = value; break;
    case CUDA_R_32F: static_cast<float*>(to)[i] = static_cast<float>(value); break;
    case CUDA_R_16F: static_cast<uint16_t*>(to)[i] = HalfFormat::from_double(value); break;
    default: static_cast<uint16_t*>(to)[i] = BfloatFormat::from_double(value); break;
  }
}
/// The nearest number with tf32's ten bits of mantissa.
double as_tf32(double value) {
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  if ((bits & 0x7f800000u) == 0x7f800000u) return value;
  return static_cast<double>(std::bit_cast<float>((bits + 0x1000u) & ~0x1fffu));
}

/// A product as its descriptors have it: d = epilogue(alpha op(a) op(b) + beta c).
struct Product {
  Matrix a, b, c, d;
  cublasComputeType_t compute;
  cudaDataType_t scale_type, bias_type;
  bool transpose_a, transpose_b, has_bias, relu;
  const void* bias;

  static Product read(cublasLtMatmulDesc_t description, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                      cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d) {
    if (library() == nullptr) throw Refused{CUBLAS_STATUS_NOT_INITIALIZED};
    if (description == nullptr) throw Refused{CUBLAS_STATUS_INVALID_VALUE};
    const auto get = [&]<class Value>(cublasLtMatmulDescAttributes_t name) {
      return attribute<Value>(library()->description, description, name);
    };
    const auto transpose = [&](cublasLtMatmulDescAttributes_t name) {
      const int32_t operation = get.operator()<int32_t>(name);
      if (operation != CUBLAS_OP_N && operation != CUBLAS_OP_T) throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
      return operation == CUBLAS_OP_T;
    };
    Product p{};
    p.a = Matrix::read(a);
    p.b = Matrix::read(b);
    p.c = Matrix::read(c);
    p.d = Matrix::read(d);
    p.compute = static_cast<cublasComputeType_t>(get.operator()<int32_t>(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE));
    p.scale_type = static_cast<cudaDataType_t>(get.operator()<int32_t>(CUBLASLT_MATMUL_DESC_SCALE_TYPE));
    if (get.operator()<int32_t>(CUBLASLT_MATMUL_DESC_POINTER_MODE) != CUBLASLT_POINTER_MODE_HOST)
      throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    p.transpose_a = transpose(CUBLASLT_MATMUL_DESC_TRANSA);
    p.transpose_b = transpose(CUBLASLT_MATMUL_DESC_TRANSB);
    if (transpose(CUBLASLT_MATMUL_DESC_TRANSC)) throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    const auto epilogue = get.operator()<uint32_t>(CUBLASLT_MATMUL_DESC_EPILOGUE);
    if ((epilogue & ~uint32_t{CUBLASLT_EPILOGUE_RELU_BIAS | CUBLASLT_EPILOGUE_DEFAULT}) != 0)
      throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    p.has_bias = (epilogue & CUBLASLT_EPILOGUE_BIAS) != 0;
    p.relu = (epilogue & CUBLASLT_EPILOGUE_RELU) != 0;
    p.bias = get.operator()<const void*>(CUBLASLT_MATMUL_DESC_BIAS_POINTER);
    const auto bias_type = get.operator()<int32_t>(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE);
    p.bias_type = bias_type == -1 ? p.d.type : static_cast<cudaDataType_t>(bias_type);
    if (p.has_bias && get.operator()<int64_t>(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE) != 0)
      throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    p.check();
    return p;
  }

  int64_t rows() const { return d.rows; }
  int64_t columns() const { return d.columns; }
  int64_t depth() const { return transpose_a ? a.rows : a.columns; }
  bool tf32() const { return compute == CUBLAS_COMPUTE_32F_FAST_TF32; }

  void check() const {
    if ((transpose_a ? a.columns : a.rows) != d.rows || (transpose_b ? b.rows : b.columns) != d.columns ||
        (transpose_b ? b.columns : b.rows) != depth() || c.rows != d.rows || c.columns != d.columns)
      throw Refused{CUBLAS_STATUS_INVALID_VALUE};
    if (a.batch != d.batch || b.batch != d.batch || c.batch != d.batch) throw Refused{CUBLAS_STATUS_INVALID_VALUE};
    // Bias and order: as the table of epilogues has it, the vector runs along the rows of a matrix of columns.
    if (has_bias && !d.by_columns()) throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    // "cublasLtMatmul() supported types" of the cuBLAS manual, as far as all operands have one type.
    const bool one_type = a.type == b.type && a.type == c.type && a.type == d.type;
    const bool in_double = compute == CUBLAS_COMPUTE_64F && scale_type == CUDA_R_64F && a.type == CUDA_R_64F;
    const bool in_float = compute == CUBLAS_COMPUTE_32F && scale_type == CUDA_R_32F &&
                          (a.type == CUDA_R_32F || a.type == CUDA_R_16F || a.type == CUDA_R_16BF);
    const bool in_tf32 = tf32() && scale_type == CUDA_R_32F && a.type == CUDA_R_32F;
    if (!one_type || !(in_double || in_float || in_tf32)) throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    if (has_bias && bias_type != d.type) throw Refused{CUBLAS_STATUS_NOT_SUPPORTED};
    // Matrices of an output that meet would be a race.
    if (d.batch > 1 && d.batch_offset < d.at(0, d.rows - 1, d.columns - 1) + 1)
      throw Refused{CUBLAS_STATUS_INVALID_VALUE};
  }

  void compute_into(const void* a_at, const void* b_at, const void* c_at, void* d_at, double alpha, double beta) const {
    const auto unpack = [&](const Matrix& m, bool transpose, const void* from, int64_t matrix, int64_t lines) {
      std::vector<double> values(static_cast<size_t>(lines * depth()));  // a line for each row of d, or column
      for (int64_t i = 0; i < lines; ++i) {
        for (int64_t k = 0; k < depth(); ++k) {
          const double value = load(m.type, from, transpose ? m.at(matrix, k, i) : m.at(matrix, i, k));
          values[static_cast<size_t>(i * depth() + k)] = tf32() ? as_tf32(value) : value;
        }
      }
      return values;
    };
    for (int64_t matrix = 0; matrix < d.batch; ++matrix) {
      const auto of_a = unpack(a, transpose_a, a_at, matrix, rows());
      const auto of_b = unpack(b, !transpose_b, b_at, matrix, columns());
      for (int64_t column = 0; column < columns(); ++column) {
        for (int64_t row = 0; row < rows(); ++row) {
          double sum = 0;
          const double *x = of_a.data() + row * depth(), *y = of_b.data() + column * depth();
          for (int64_t k = 0; k < depth(); ++k) sum += x[k] * y[k];
          sum *= alpha;
          if (beta != 0) sum += beta * load(c.type, c_at, c.at(matrix, row, column));
          if (has_bias) sum += load(bias_type, bias, row);
          if (relu && sum < 0) sum = 0;
          store(d.type, d_at, d.at(matrix, row, column), sum);
        }
      }
    }
  }
};

/// What lies in cublasLtMatmulAlgo_t, which is the library's own affair.
struct Algorithm {
  static constexpr uint64_t kMark = 0x6375646173696d21;
  uint64_t mark;
  uint64_t workspace;
  uint32_t alignment_a, alignment_b, alignment_c, alignment_d;
};
static_assert(sizeof(Algorithm) <= sizeof(cublasLtMatmulAlgo_t));

bool aligned(const void* pointer, uint32_t bytes) { return reinterpret_cast<uintptr_t>(pointer) % bytes == 0; }

template <class F>
cublasStatus_t guarded(F&& f) {
  Call call;
  if (state_of(call.runtime) != cudaSuccess) return CUBLAS_STATUS_EXECUTION_FAILED;
  try {
    return f();
  } catch (const Refused& refused) {
    return refused.status;
  } catch (const std::bad_alloc&) {
    return CUBLAS_STATUS_ALLOC_FAILED;
  }
}

}  // namespace

struct cublasLtContext {
  int device;
};

extern "C" {

CUDASIM_API cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  return guarded([&] {
    if (handle == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    *handle = new cublasLtContext{current_device()};
    return CUBLAS_STATUS_SUCCESS;
  });
}

CUDASIM_API cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

CUDASIM_API cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t description,
                                                          cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                                          cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                                          cublasLtMatmulPreference_t preference, int asked,
                                                          cublasLtMatmulHeuristicResult_t results[], int* given) {
  return guarded([&] {
    if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (asked <= 0 || results == nullptr || given == nullptr || preference == nullptr)
      return CUBLAS_STATUS_INVALID_VALUE;
    *given = 0;
    const Product product = Product::read(description, a, b, c, d);
    const auto get = [&]<class Value>(cublasLtMatmulPreferenceAttributes_t name) {
      return attribute<Value>(library()->preference, preference, name);
    };
    const auto alignment = [&](cublasLtMatmulPreferenceAttributes_t name) {
      const auto bytes = get.operator()<uint32_t>(name);
      if (!std::has_single_bit(bytes) || bytes < product.a.element()) throw Refused{CUBLAS_STATUS_INVALID_VALUE};
      return bytes;
    };
    Algorithm algorithm{Algorithm::kMark,
                        0,
                        alignment(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES),
                        alignment(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES),
                        alignment(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES),
                        alignment(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES)};
    // A long sum over few elements is cut in parts, where there is room for them and float32 may hold them.
    const auto schemes = get.operator()<uint32_t>(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK);
    const auto parts = static_cast<uint64_t>(product.rows() * product.columns() * product.d.batch) * 4 * 4;
    if (product.depth() >= 256 && (schemes & CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE) != 0 &&
        parts <= get.operator()<uint64_t>(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES))
      algorithm.workspace = parts;
    results[0] = {};
    std::memcpy(&results[0].algo, &algorithm, sizeof algorithm);
    results[0].workspaceSize = algorithm.workspace;
    results[0].state = CUBLAS_STATUS_SUCCESS;
    results[0].wavesCount = 1;
    *given = 1;
    return CUBLAS_STATUS_SUCCESS;
  });
}

CUDASIM_API cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t description, const void* alpha,
                                          const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                                          cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                                          cublasLtMatrixLayout_t c_layout, void* d, cublasLtMatrixLayout_t d_layout,
                                          const cublasLtMatmulAlgo_t* algo, void* workspace, size_t workspace_bytes,
                                          cudaStream_t stream) {
  return guarded([&] {
    if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
    const Product product = Product::read(description, a_layout, b_layout, c_layout, d_layout);
    CUstream_st* const target = resolve(stream);
    Algorithm algorithm{};
    if (algo != nullptr) std::memcpy(&algorithm, algo, sizeof algorithm);
    if (target == nullptr || target->device != handle->device || algorithm.mark != Algorithm::kMark ||
        alpha == nullptr || beta == nullptr || a == nullptr || b == nullptr || c == nullptr || d == nullptr ||
        (product.has_bias && product.bias == nullptr))
      return CUBLAS_STATUS_INVALID_VALUE;
    if (workspace_bytes < algorithm.workspace || (algorithm.workspace > 0 && workspace == nullptr))
      return CUBLAS_STATUS_INVALID_VALUE;
    if (!aligned(a, algorithm.alignment_a) || !aligned(b, algorithm.alignment_b) ||
        !aligned(c, algorithm.alignment_c) || !aligned(d, algorithm.alignment_d) ||
        (algorithm.workspace > 0 && !aligned(workspace, 16))) {
      report("misaligned address",
             "cublasLtMatmul: an operand has not the alignment that its algorithm was chosen for");
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    const double scale = load(product.scale_type, alpha, 0), keep = load(product.scale_type, beta, 0);
    std::vector<LibraryOperand> operands = {{a, product.a.bytes(), false, "a"}, {b, product.b.bytes(), false, "b"}};
    if (keep != 0) operands.push_back({c, product.c.bytes(), false, "c"});
    if (product.has_bias)
      operands.push_back({product.bias, static_cast<size_t>(product.rows()) * product.d.element(), false, "bias"});
    operands.push_back({d, product.d.bytes(), true, "d"});
    if (algorithm.workspace > 0) operands.push_back({workspace, algorithm.workspace, true, "workspace"});
    const bool queued = append_library_work(*target, "cublasLtMatmul", std::move(operands), [=] {
      if (algorithm.workspace > 0) std::memset(workspace, 0xff, algorithm.workspace);
      product.compute_into(a, b, c, d, scale, keep);
    });
    return queued ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
  });
}

}  // extern "C"
