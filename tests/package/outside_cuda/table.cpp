// The same checks as the library's own ops have, on the processor and on CUDA devices.
#include <cresset/testing/run_table.h>

#include "kernels.h"
using namespace cresset::test;

static OpCases squared_norm_cases() {
  const std::vector<cresset::DType> dtypes{cresset::kFloat32, cresset::kFloat64};
  OpCases op{.name = "outside.squared_norm",
             .call = [](const Arguments& in, const Options&) -> Outputs { return {outside::squared_norm(in[0])}; },
             .slots = {"outside.squared_norm"},
             .ulps = 2,
             .grad_ulps = 4};
  op.cases = {{.name = "rounded", .arguments = {t({3, 5}, kFifths)}, .dtypes = dtypes, .terms = 5},
              {.name = "whole", .arguments = {t({2, 4, 129})}, .dtypes = dtypes, .exact = true},
              {.name = "vector", .arguments = {t({400}, kFifths)}, .dtypes = dtypes, .terms = 400},
              {.name = "empty", .arguments = {t({0, 3})}, .dtypes = dtypes},
              {.name = "no_columns", .arguments = {t({3, 0})}, .dtypes = dtypes},
              {.name = "transposed", .arguments = {t({3, 5}, Layout::transposed)}, .dtypes = dtypes, .exact = true},
              {.name = "expanded", .arguments = {t({3, 5}, Layout::expanded)}, .dtypes = dtypes, .exact = true}};
  op.errors = {{.name = "integers",
                .arguments = {t({3})},
                .dtype = cresset::kInt64,
                .type = ErrorType::dtype,
                .message = "squared_norm: the input must be float32 or float64, got int64"},
               {.name = "number",
                .arguments = {t({})},
                .type = ErrorType::shape,
                .message = "squared_norm: the input must have a dimension"}};
  return op;
}

int main(int argc, char** argv) {
  outside::register_squared_norm();
  outside::register_squared_norm_cuda();
  return run_table(argc, argv, {squared_norm_cases()});
}
