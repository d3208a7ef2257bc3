// Refusals of what is no op of the case table: properties of tensors, ranges of random numbers, layouts.
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/message.h"

namespace cresset::test {
namespace {

struct Refusal {
  const char* name;
  std::function<void()> call;
  const char* message;
};

template <class E>
void expect(const std::vector<Refusal>& refusals) {
  for (const Refusal& r : refusals) EXPECT_EQ(message_of<E>(r.call), r.message) << r.name;
}

TEST(Refusals, OfDTypes) {
  expect<DTypeError>({
      {"data_ptr", [x = ones({2})] { x.data_ptr<double>(); },
       "data_ptr: expected scalar type float64 but found float32"},
      {"default", [] { set_default_dtype(kInt64); },
       "set_default_dtype: only floating-point types are supported as the default type, got int64"},
      {"allclose", [] { ones({2}).allclose(ones({3}, {.dtype = kFloat64})); },
       "allclose: the tensors must have one type, got float32[2] and float64[3]"},
      {"view_size", [] { ones({2}).view(kFloat64); },
       "view: the types must have elements of the same size, got float32 and float64"},
      {"view_grad", [] { ones({2}, {.requires_grad = true}).view(kInt32); },
       "view: a tensor that requires grad cannot be viewed as int32"},
  });
  EXPECT_EQ(get_default_dtype(), kFloat32);
}

TEST(Refusals, OfShapes) {
  expect<ShapeError>({
      {"channels_last",
       [] {
         zeros({2, 3}, {.memory_format = MemoryFormat::channels_last});
       },
       "channels_last: the tensor must have 4 dimensions, got shape [2, 3]"},
      {"mm",
       [] {
         ones({2, 3}).mm(ones({3}));
       },
       "mm: both operands must be 2-D, got float32[2, 3] and float32[3]"},
  });
}

TEST(Refusals, OfDimensionsOfANumber) {
  expect<IndexError>({
      {"size", [] { ones({}).size(0); }, "size: Dimension specified as 0 but tensor has no dimensions"},
      {"stride", [] { ones({}).stride(-1); }, "stride: Dimension specified as -1 but tensor has no dimensions"},
  });
}

TEST(Refusals, OfValues) {
  expect<ValueError>({
      {"undefined", [] { Tensor().numel(); }, "an undefined tensor was used: it was default-constructed or moved from"},
      {"contiguous", [] { ones({2}).contiguous(MemoryFormat::preserve); },
       "contiguous: preserve memory format is unsupported by the contiguous operator"},
      {"eye", [] { eye(-1); }, "eye: sizes must not be negative, got -1 and -1"},
      {"eye_columns", [] { eye(2, -3); }, "eye: sizes must not be negative, got 2 and -3"},
      {"sizes",
       [] {
         zeros({2, -3});
       },
       "a tensor's sizes must not be negative, got shape [2, -3]"},
      {"randint", [] { randint(3, 3, {2}); }, "randint: expects 'low' to be less than 'high', but got low=3 >= high=3"},
      {"random_", [] { zeros({2}).random_(4, 1); },
       "random_: expects 'low' to be less than 'high', but got low=4 >= high=1"},
      {"uniform_", [] { zeros({2}).uniform_(2, 1); },
       "uniform_: expects to return a [from, to) range, but found from=2 > to=1"},
      {"normal_", [] { zeros({2}).normal_(0, -0.5); }, "normal_: expects std >= 0.0, but found std -0.5"},
  });
}

}  // namespace
}  // namespace cresset::test
