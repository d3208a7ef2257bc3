// Choice between two operands, element by element.
#include "backend/cpu/convert.h"
#include "backend/cpu/strided_loop.h"
#include "backend/cpu/where_kernels.h"

namespace cresset::cpu {
namespace {

void run(const WhereProblem& p, const Context&, const bool* condition, const void* a, const void* b, void* y) {
  switch_dtype(p.dtype, [&]<class T>() {
    for_each_element(p.loop, [&](const std::int64_t* at) {
      static_cast<T*>(y)[at[0]] = condition[at[1]] ? static_cast<const T*>(a)[at[2]] : static_cast<const T*>(b)[at[3]];
    });
  });
}

}  // namespace

constinit const Kernel<Where> kWhereReference = {"reference", nullptr, run};

}  // namespace cresset::cpu
