// Copies and conversions, element by element.
#include "backend/cpu/convert.h"
#include "backend/cpu/copy_kernels.h"
#include "backend/cpu/strided_loop.h"

namespace cresset::cpu {
namespace {

void run(const CopyProblem& p, const Context&, const void* x, void* y) {
  switch_dtype(p.from, [&]<class From>() {
    switch_dtype(p.to, [&]<class To>() {
      for_each_element(p.loop, [&](const std::int64_t* at) {
        static_cast<To*>(y)[at[0]] = convert<To>(static_cast<const From*>(x)[at[1]]);
      });
    });
  });
}

}  // namespace

constinit const Kernel<Copy> kCopyReference = {"reference", nullptr, run};

}  // namespace cresset::cpu
