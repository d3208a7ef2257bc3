// The outside op's row in a table of its own: the same checks as the library's ops have.
#include <cresset/testing/run_table.h>

#include "cube.h"
using namespace cresset::test;

static OpCases cube_cases() {
  OpCases op{.name = "outside.cube",
             .call = [](const Arguments& in, const Options&) -> Outputs { return {outside::cube(in[0])}; },
             .slots = {"outside.cube"},
             .ulps = 2,
             .grad_ulps = 4};
  const std::vector<cresset::DType> dtypes{cresset::kFloat32, cresset::kFloat64};
  op.cases = {{.name = "rounded", .arguments = {t({3, 5}, kFifths)}, .dtypes = dtypes},
              {.name = "whole", .arguments = {t({4, 7})}, .dtypes = dtypes, .exact = true},
              {.name = "empty", .arguments = {t({0, 3})}, .dtypes = dtypes},
              {.name = "number", .arguments = {t({}, kEighths)}, .dtypes = dtypes},
              {.name = "channels_last", .arguments = {t({2, 3, 4, 5}, Layout::channels_last)}, .dtypes = dtypes},
              {.name = "sliced", .arguments = {t({3, 5}, Layout::sliced)}, .dtypes = dtypes},
              {.name = "transposed", .arguments = {t({3, 5}, Layout::transposed)}, .dtypes = dtypes},
              {.name = "expanded", .arguments = {t({3, 5}, Layout::expanded)}, .dtypes = dtypes},
              {.name = "large", .arguments = {t({300, 333}, kFifths)}, .dtypes = dtypes, .differences = false}};
  op.errors = {{.name = "integers",
                .arguments = {t({3})},
                .dtype = cresset::kInt64,
                .type = ErrorType::dtype,
                .message = "cube: the input must be float32 or float64, got int64"}};
  return op;
}

int main(int argc, char** argv) {
  outside::register_cube();
  return run_table(argc, argv, {cube_cases()});
}
