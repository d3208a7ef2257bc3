// The simulator's side of cuBLASLt, asked by descriptors of the real library.
#include <cublasLt.h>

#include <list>

#include "simulator.h"

namespace cresset::kernels {
namespace {

// A matrix of `rows` x `columns` in a layout of floats.
cublasLtMatrixLayout_t layout(cudaDataType_t type, uint64_t rows, uint64_t columns, int64_t line, int batch = 1,
                              int64_t offset = 0, cublasLtOrder_t order = CUBLASLT_ORDER_COL) {
  static std::list<cublasLtMatrixLayoutOpaque_t> all;
  cublasLtMatrixLayout_t out = &all.emplace_back();
  EXPECT_EQ(cublasLtMatrixLayoutInit(out, type, rows, columns, line), CUBLAS_STATUS_SUCCESS);
  const auto set = [&](cublasLtMatrixLayoutAttribute_t name, auto value) {
    EXPECT_EQ(cublasLtMatrixLayoutSetAttribute(out, name, &value, sizeof value), CUBLAS_STATUS_SUCCESS);
  };
  set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t{batch});
  set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, offset);
  set(CUBLASLT_MATRIX_LAYOUT_ORDER, static_cast<int32_t>(order));
  return out;
}

class CublasLtTest : public Simulator {
 protected:
  void SetUp() override {
    Simulator::SetUp();
    ASSERT_EQ(cublasLtCreate(&handle), CUBLAS_STATUS_SUCCESS);
    describe(CUBLAS_COMPUTE_32F, CUDA_R_32F);
    ASSERT_EQ(cublasLtMatmulPreferenceInit(&of_preference), CUBLAS_STATUS_SUCCESS);
    for (const auto name : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                            CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      prefer(name, uint32_t{4});
  }
  void TearDown() override { EXPECT_EQ(cublasLtDestroy(handle), CUBLAS_STATUS_SUCCESS); }
  void describe(cublasComputeType_t compute, cudaDataType_t scale) {
    ASSERT_EQ(cublasLtMatmulDescInit(&of_description, compute, scale), CUBLAS_STATUS_SUCCESS);
  }
  template <class T>
  void set(cublasLtMatmulDescAttributes_t name, T value) {
    ASSERT_EQ(cublasLtMatmulDescSetAttribute(description, name, &value, sizeof value), CUBLAS_STATUS_SUCCESS);
  }
  template <class T>
  void prefer(cublasLtMatmulPreferenceAttributes_t name, T value) {
    ASSERT_EQ(cublasLtMatmulPreferenceSetAttribute(preference, name, &value, sizeof value), CUBLAS_STATUS_SUCCESS);
  }
  cublasStatus_t find() {
    int found = 0;
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(handle, description, a, b, c, c, preference, 1, &result, &found);
    return status == CUBLAS_STATUS_SUCCESS && found == 0 ? CUBLAS_STATUS_NOT_SUPPORTED : status;
  }
  cublasStatus_t multiply(const void* of_a, const void* of_b, void* of_c, float alpha = 1, float beta = 0,
                          void* workspace = nullptr, size_t bytes = 0) {
    if (const cublasStatus_t status = find(); status != CUBLAS_STATUS_SUCCESS) return status;
    return cublasLtMatmul(handle, description, &alpha, of_a, a, of_b, b, &beta, of_c, c, of_c, c, &result.algo,
                          workspace, bytes, stream);
  }

  cublasLtHandle_t handle = nullptr;
  cublasLtMatmulDescOpaque_t of_description{};
  cublasLtMatmulPreferenceOpaque_t of_preference{};
  const cublasLtMatmulDesc_t description = &of_description;
  const cublasLtMatmulPreference_t preference = &of_preference;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
  cublasLtMatmulHeuristicResult_t result{};
  cudaStream_t stream = nullptr;
};

TEST_F(CublasLtTest, MultipliesMatricesOfColumns) {
  // a = [1 3 5; 2 4 6], b = [1 4; 2 5; 3 6]: a b = [22 49; 28 64].
  float* const x = device_array(std::vector<float>{1, 2, 3, 4, 5, 6});
  float* const y = device_array(std::vector<float>{1, 2, 3, 4, 5, 6});
  float* const z = device_array(std::vector<float>{1, 1, 1, 1});
  a = layout(CUDA_R_32F, 2, 3, 2), b = layout(CUDA_R_32F, 3, 2, 3), c = layout(CUDA_R_32F, 2, 2, 2);
  ASSERT_EQ(multiply(x, y, z), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(z, 4), (std::vector<float>{22, 28, 49, 64}));
  ASSERT_EQ(multiply(x, y, z, 2, 10), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(z, 4), (std::vector<float>{264, 336, 588, 768}));
}

TEST_F(CublasLtTest, KeepsToLinesOrdersTransposesAndBatches) {
  // Rows of four in lines of five: b = [1 2 3 4; 5 6 7 8], twice; a^T = [1 0; 0 10] and [2 0; 0 20].
  float* const x = device_array(std::vector<float>{1, 0, 0, 10, 2, 0, 0, 20});
  float* const y = device_array(std::vector<float>{1, 2, 3, 4, -1, 5, 6, 7, 8, -1});
  float* const z = device_array(std::vector<float>(16));
  a = layout(CUDA_R_32F, 2, 2, 2, 2, 4);
  b = layout(CUDA_R_32F, 2, 4, 5, 2, 0, CUBLASLT_ORDER_ROW);
  c = layout(CUDA_R_32F, 2, 4, 4, 2, 8, CUBLASLT_ORDER_ROW);
  set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
  ASSERT_EQ(multiply(x, y, z), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(z, 16), (std::vector<float>{1, 2, 3, 4, 50, 60, 70, 80, 2, 4, 6, 8, 100, 120, 140, 160}));
}

TEST_F(CublasLtTest, AddsBiasAlongColumnsAndCutsBelowZero) {
  float* const x = device_array(std::vector<float>{1, 2});
  float* const y = device_array(std::vector<float>{1, -3});
  float* const bias = device_array(std::vector<float>{10, 4});
  float* const z = device_array(std::vector<float>(4));
  a = layout(CUDA_R_32F, 2, 1, 2), b = layout(CUDA_R_32F, 1, 2, 1), c = layout(CUDA_R_32F, 2, 2, 2);
  set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, static_cast<const void*>(bias));
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
  ASSERT_EQ(multiply(x, y, z), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(z, 4), (std::vector<float>{11, 6, 7, -2}));
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_RELU_BIAS);
  ASSERT_EQ(multiply(x, y, z), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(z, 4), (std::vector<float>{11, 6, 7, 0}));
}

TEST_F(CublasLtTest, RoundsToTf32WhereTheDescriptorSaysSo) {
  float* const x = device_array(std::vector<float>{1 + 0x1p-13f});
  float* const y = device_array(std::vector<float>{1});
  float* const z = device_array(std::vector<float>{0});
  a = b = c = layout(CUDA_R_32F, 1, 1, 1);
  ASSERT_EQ(multiply(x, y, z), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(z, 1)[0], 1 + 0x1p-13f);
  describe(CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F);
  ASSERT_EQ(multiply(x, y, z), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(z, 1)[0], 1.0f);
}

TEST_F(CublasLtTest, RefusesWhatCublasLtDoes) {
  a = layout(CUDA_R_32F, 2, 3, 2), b = layout(CUDA_R_32F, 2, 2, 2), c = layout(CUDA_R_32F, 2, 2, 2);
  EXPECT_EQ(find(), CUBLAS_STATUS_INVALID_VALUE);  // 3 is not 2
  b = layout(CUDA_R_32F, 3, 2, 3);
  EXPECT_EQ(find(), CUBLAS_STATUS_SUCCESS);
  a = layout(CUDA_R_32F, 2, 3, 1);
  EXPECT_EQ(find(), CUBLAS_STATUS_INVALID_VALUE);  // columns that meet
  a = layout(CUDA_R_64F, 2, 3, 2);
  EXPECT_EQ(find(), CUBLAS_STATUS_NOT_SUPPORTED);
  a = layout(CUDA_R_32F, 2, 3, 2, 2, 6);
  EXPECT_EQ(find(), CUBLAS_STATUS_INVALID_VALUE);  // two against one
  a = layout(CUDA_R_32F, 2, 3, 2);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_GELU);
  EXPECT_EQ(find(), CUBLAS_STATUS_NOT_SUPPORTED);
}

TEST_F(CublasLtTest, ReportsWhatDoesNotKeepItsPromises) {
  float* const x = device_array(std::vector<float>(8));
  float* const z = device_array(std::vector<float>(8));
  a = b = c = layout(CUDA_R_32F, 2, 2, 2);
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, uint32_t{16});
  EXPECT_EQ(multiply(x + 1, x, z), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_NE(reports().find("misaligned address: cublasLtMatmul"), std::string::npos);
  EXPECT_EQ(multiply(x, x + 1, z), CUBLAS_STATUS_SUCCESS);
  a = layout(CUDA_R_32F, 2, 2, 7);
  EXPECT_EQ(multiply(x, x, z), CUBLAS_STATUS_SUCCESS);
  EXPECT_NE(cudaDeviceSynchronize(), cudaSuccess);
  const std::string found = reports();
  EXPECT_NE(found.find("out of bounds: cublasLtMatmul: a is bytes 0 to 36 of an allocation of 32 bytes"),
            std::string::npos)
      << found;
}

TEST_F(CublasLtTest, TakesItsWorkspace) {
  float* const x = device_array(std::vector<float>(512, 1));
  float* const z = device_array(std::vector<float>(1));
  char* const workspace = device_array(std::vector<char>(64));
  a = layout(CUDA_R_32F, 1, 512, 1), b = layout(CUDA_R_32F, 512, 1, 512), c = layout(CUDA_R_32F, 1, 1, 1);
  ASSERT_EQ(find(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result.workspaceSize, 0u);
  prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, uint64_t{64});
  ASSERT_EQ(find(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result.workspaceSize, 16u);
  EXPECT_EQ(multiply(x, x, z), CUBLAS_STATUS_INVALID_VALUE);
  ASSERT_EQ(multiply(x, x, z, 1, 0, workspace, 64), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(host_copy(z, 1)[0], 512);
  prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, uint32_t{CUBLASLT_REDUCTION_SCHEME_NONE});
  ASSERT_EQ(find(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result.workspaceSize, 0u);
}

}  // namespace
}  // namespace cresset::kernels
