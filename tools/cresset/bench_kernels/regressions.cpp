#include "bench_kernels/regressions.h"

#include <cresset/error.h>
#include <fmt/format.h>

#include <map>

namespace cresset::program::bench {
namespace {

void check_same(const std::string& what, const std::string& older, const std::string& newer, const std::string& path) {
  if (older != newer)
    throw ValueError(
        fmt::format("bench kernels: {}: cannot be compared: its {} is {}, here it is {}", path, what, older, newer));
}

class Comparer {
 public:
  Comparer(const Facts& facts, Changes& changes) : facts_(facts), changes_(changes) {}

  void compare(const Row& older, const Row& newer) {
    add_times("warm time", older.warm, newer.warm, newer);
    add_times("cold time", older.cold, newer.cold, newer);
    if (older.counts && newer.counts) {
      add_counts("instructions", older.counts->instructions(), newer.counts->instructions(), newer);
      add_counts("bytes asked", older.counts->bytes(), newer.counts->bytes(), newer);
      add_counts("cycles of shared memory", older.counts->shared_wavefronts, newer.counts->shared_wavefronts, newer);
    }
    if (newer.deviation && newer.deviation->wrong() && older.deviation && !older.deviation->wrong())
      changes_.slower.push_back({&newer, "result, which is wrong now,", {1, 1, 1}});
  }

 private:
  void add_times(const char* what, const std::optional<Sampled>& older, const std::optional<Sampled>& newer,
                 const Row& row) {
    if (older && newer)
      add({&row, what, ratio_of(newer->estimate, older->estimate, facts_.precision.confidence)}, facts_.margin);
  }
  void add_counts(const char* what, double older, double newer, const Row& row) {
    if (older == 0 && newer == 0) return;
    const double ratio = newer / older;
    add({&row, what, {ratio, ratio, ratio}}, 1e-9);
  }
  void add(const Change& change, double margin) {
    ++changes_.compared;
    if (change.ratio.low > 1 + margin) changes_.slower.push_back(change);
    if (change.ratio.high < 1 / (1 + margin)) changes_.faster.push_back(change);
  }

  const Facts& facts_;
  Changes& changes_;
};

}  // namespace

Changes changes_since(const Report& older, const Report& newer, const std::string& path) {
  const Facts &a = older.facts, &b = newer.facts;
  check_same("device", a.device, b.device, path);
  // A GPU's times, and a simulator's counts, are the same beside any processor.
  if (b.device == b.processor) {
    check_same("instruction set", a.isa, b.isa, path);
    check_same("number of threads", std::to_string(a.threads), std::to_string(b.threads), path);
  }
  std::map<std::string, const Row*> known;
  for (const Row& row : older.rows) known[row.key()] = &row;
  Changes changes;
  Comparer comparer(b, changes);
  for (const Row& row : newer.rows)
    if (const auto found = known.find(row.key()); found != known.end()) comparer.compare(*found->second, row);
  if (changes.compared == 0)
    throw ValueError(fmt::format("bench kernels: {}: has no figure of what was measured now", path));
  return changes;
}

std::string text_of(const Changes& changes, const std::string& path) {
  std::string out;
  const auto add = [&](const std::vector<Change>& list, const char* word) {
    for (const Change& c : list)
      out += fmt::format("{}: {}: {} {:.3f} times ({:.3f} to {:.3f}) what it was\n", word, c.row->key(), c.what,
                         c.ratio.value, c.ratio.low, c.ratio.high);
  };
  add(changes.faster, "better");
  add(changes.slower, "WORSE");
  out += fmt::format("{} of {} figures are worse than in {} beyond noise, {} better\n", changes.slower.size(),
                     changes.compared, path, changes.faster.size());
  return out;
}

}  // namespace cresset::program::bench
