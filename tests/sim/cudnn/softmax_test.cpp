// cudnnSoftmaxForward and cudnnSoftmaxBackward: exponentials of logarithms of whole numbers.
#include <cmath>

#include "interpreter.h"

namespace cudasim_test {
namespace {

// A tensor descriptor, which needs no device.
class Layout {
 public:
  Layout(cudnnDataType_t type, std::vector<int> sizes, std::vector<int> strides) {
    EXPECT_EQ(functions().create_tensor(&raw_), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(functions().set_tensor(raw_, type, static_cast<int>(sizes.size()), sizes.data(), strides.data()),
              CUDNN_STATUS_SUCCESS);
  }
  ~Layout() { EXPECT_EQ(functions().destroy_tensor(raw_), CUDNN_STATUS_SUCCESS); }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  cudnnTensorDescriptor_t raw() const { return raw_; }

 private:
  cudnnTensorDescriptor_t raw_ = nullptr;
};

Floats logarithms(Floats values) {
  for (float& value : values) value = std::log(value);
  return values;
}
void expect_near(const Floats& got, const Floats& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-6) << i;
}

class CudnnSoftmax : public Cudnn {
 protected:
  cudnnStatus_t forward(cudnnSoftmaxAlgorithm_t algorithm, cudnnSoftmaxMode_t mode, const Layout& from, const float* x,
                        const Layout& to, float* y, float alpha = 1, float beta = 0) {
    return functions().softmax_forward(handle_, algorithm, mode, &alpha, from.raw(), x, &beta, to.raw(), y);
  }
  const Layout planes_{kFloat, {1, 2, 2, 1}, {4, 2, 1, 1}};
};

TEST_F(CudnnSoftmax, SumsOverChannelsOrOverAnImage) {
  const float* x = device_array(logarithms({1, 3, 3, 1}));
  float* y = device_array(Floats(4));
  ASSERT_EQ(forward(CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, planes_, x, planes_, y), CUDNN_STATUS_SUCCESS);
  expect_near(host_copy(y, 4), {0.25, 0.75, 0.75, 0.25});
  ASSERT_EQ(forward(CUDNN_SOFTMAX_FAST, CUDNN_SOFTMAX_MODE_INSTANCE, planes_, x, planes_, y), CUDNN_STATUS_SUCCESS);
  expect_near(host_copy(y, 4), {0.125, 0.375, 0.375, 0.125});
  ASSERT_EQ(forward(CUDNN_SOFTMAX_LOG, CUDNN_SOFTMAX_MODE_CHANNEL, planes_, x, planes_, y), CUDNN_STATUS_SUCCESS);
  expect_near(host_copy(y, 4), logarithms({0.25, 0.75, 0.75, 0.25}));
  EXPECT_EQ(reports(), "");
}

TEST_F(CudnnSoftmax, KeepsApartWhatIsLarge) {
  const Layout row(kFloat, {1, 3, 1, 1}, {3, 1, 1, 1});
  const float* x = device_array<float>({1000, 1000, -1000});
  float* y = device_array(Floats(3));
  ASSERT_EQ(forward(CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_INSTANCE, row, x, row, y), CUDNN_STATUS_SUCCESS);
  expect_near(host_copy(y, 3), {0.5, 0.5, 0});
  ASSERT_EQ(forward(CUDNN_SOFTMAX_FAST, CUDNN_SOFTMAX_MODE_INSTANCE, row, x, row, y), CUDNN_STATUS_SUCCESS);
  EXPECT_TRUE(std::isnan(host_copy(y, 3)[0])) << "the fast one overflows";
}

TEST_F(CudnnSoftmax, FollowsStridesAndFactors) {
  const Layout last(kFloat, {1, 2, 2, 1}, {4, 1, 2, 2});
  const float* x = device_array(logarithms({1, 3, 3, 1}));
  float* y = device_array<float>({1, 2, 3, 4});
  // Read with the channels side by side, written plane by plane.
  ASSERT_EQ(forward(CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, last, x, planes_, y, 8, 10),
            CUDNN_STATUS_SUCCESS);
  expect_near(host_copy(y, 4), {12, 26, 36, 42});
}

TEST_F(CudnnSoftmax, BackwardIsFromTheResult) {
  const Layout row(kFloat, {1, 2, 1, 1}, {2, 1, 1, 1});
  const float one = 1, zero = 0;
  const float* dy = device_array<float>({4, 8});
  float* dx = device_array(Floats(2));
  const auto backward = [&](cudnnSoftmaxAlgorithm_t algorithm, const Floats& result) {
    const float* y = device_array(result);
    EXPECT_EQ(functions().softmax_backward(handle_, algorithm, CUDNN_SOFTMAX_MODE_CHANNEL, &one, row.raw(), y,
                                           row.raw(), dy, &zero, row.raw(), dx),
              CUDNN_STATUS_SUCCESS);
    return host_copy(dx, 2);
  };
  expect_near(backward(CUDNN_SOFTMAX_ACCURATE, {0.25, 0.75}), {-0.75, 0.75});
  expect_near(backward(CUDNN_SOFTMAX_LOG, logarithms({0.25, 0.75})), {1, -1});
}

TEST_F(CudnnSoftmax, RefusesWhatDoesNotFit) {
  const Layout row(kFloat, {1, 4, 1, 1}, {4, 1, 1, 1}), other(kBfloat, {1, 2, 2, 1}, {4, 2, 1, 1});
  float *x = device_array(Floats(4)), *y = device_array(Floats(4));
  const auto run = [&](const Layout& from, const float* at, const Layout& to) {
    return forward(CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, from, at, to, y);
  };
  EXPECT_EQ(run(planes_, x, row), CUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(run(planes_, x, other), CUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(run(planes_, nullptr, planes_), CUDNN_STATUS_BAD_PARAM);
  EXPECT_NE(reports(), "");
  EXPECT_EQ(run(planes_, x + 1, planes_), CUDNN_STATUS_SUCCESS);
  EXPECT_NE(cudaDeviceSynchronize(), cudaSuccess) << "past the end of an allocation";
  EXPECT_NE(reports().find("cuDNN's softmax"), std::string::npos);
}

}  // namespace
}  // namespace cudasim_test
