#include <fmt/format.h>

#include <algorithm>

#include "bench_kernels/roofline.h"

namespace cresset::program::bench {
namespace {

// Multiply-adds a clock of one multiprocessor: NVIDIA, CUDA C++ Programming Guide, "Arithmetic Instructions" (results a
// clock), and for 16 bits with float32 sums, dense, the architecture papers: "Turing", "A100 Tensor Core GPU", "GA102",
// "Ada", "H100 Tensor Core GPU", "Blackwell". GeForce cards of 8.6, 8.9 and 12.0 have half of the last column.
struct Rates {
  int capability;
  double float32, float64, half;
};
constexpr Rates kRates[] = {{75, 64, 2, 512},    {80, 64, 32, 1024},   {86, 128, 2, 512}, {89, 128, 2, 512},
                            {90, 128, 64, 2048}, {100, 128, 64, 4096}, {120, 128, 2, 512}};

}  // namespace

double Roof::seconds(double operations, double moved) const { return std::max(operations / flops, moved / bytes); }

std::optional<Roof> computed_gpu_roof(const GpuFigures& figures, DType dtype) {
  const int capability = figures.major * 10 + figures.minor;
  const auto* rates =
      std::find_if(std::begin(kRates), std::end(kRates), [&](const Rates& r) { return r.capability == capability; });
  if (rates == std::end(kRates) || figures.multiprocessors <= 0 || figures.boost_hz <= 0 || figures.memory_hz <= 0 ||
      figures.memory_bits <= 0)
    return {};
  const double rate = dtype == kFloat32 ? rates->float32 : dtype == kFloat64 ? rates->float64 : rates->half;
  return Roof{
      2 * figures.multiprocessors * rate * figures.boost_hz, 2 * figures.memory_hz * figures.memory_bits / 8,
      fmt::format("computed: 2 x {} multiprocessors x {:g} multiply-adds a clock x {:.3f} GHz; 2 x {:.3f} GHz x {} "
                  "bits",
                  figures.multiprocessors, rate, figures.boost_hz * 1e-9, figures.memory_hz * 1e-9,
                  figures.memory_bits)};
}

}  // namespace cresset::program::bench
