// What a run of `cresset bench kernels` found out: one row for each kernel on each task.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench_kernels/accuracy_check.h"
#include "bench_kernels/clocks.h"
#include "bench_kernels/counts.h"
#include "bench_kernels/roofline.h"
#include "bench_kernels/sampling.h"
#include "bench_kernels/verdict.h"

namespace cresset::program::bench {

// Against the library that the row is compared with, at the same layout.
struct Comparison {
  std::string with = {};  // "onednn", "cudnn"
  Ratio ratio{1, 1, 1};
  Verdict verdict = Verdict::same;
};

struct Row {
  // What is computed: equal in two reports for the same work.
  std::string network = {}, layer = {}, sizes = {}, op = {}, direction = {}, dtype = {}, layout = {}, kernel = {};
  bool chosen = false;       // what dispatch takes
  std::string missing = {};  // why there are no figures; "" where there are
  std::string engine = {};   // which of its engines the library took, where it tells
  double flops = 0, bytes = 0;
  std::optional<Sampled> warm = {}, cold = {};
  std::optional<Counts> counts = {};
  std::optional<Deviation> deviation = {};
  std::optional<Clocks> clocks = {};
  std::optional<Comparison> compared_warm = {}, compared_cold = {};

  bool measured() const { return missing.empty(); }
  std::string key() const;   // of the row
  std::string task() const;  // of the rows that compute the same
};

struct Facts {
  std::string version = {}, device = {}, processor = {}, isa = {}, driver = {};
  bool simulated = false;
  int threads = 0;
  Precision precision = {};
  double margin = 0;
  double others_busy = 0;  // share of the processors' time that other processes took meanwhile
};

struct Report {
  Facts facts = {};
  std::map<std::string, Roof> roofs = {};  // by dtype
  std::vector<Row> rows = {};

  // The row's share of its roof by its warm time, 0 where either is not known.
  double share(const Row& row) const;
};

// Fills in the comparisons: with the first of the libraries that this device is compared with (cuDNN and cuBLASLt, or
// oneDNN) that has a row for the same task. Times by their intervals; counts exactly, by the instructions.
void compare_with_libraries(Report& report);

}  // namespace cresset::program::bench
