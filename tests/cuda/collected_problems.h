// The problems that the op case table makes of a slot, each once: found without a device, by a kernel of the CPU's list
// that writes down what it is asked about and refuses it.
#pragma once

#include <cresset/extension/registry.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "cases/op_table.h"
#include "support/driver.h"

namespace cresset::test {

template <class Slot, class Run = typename Slot::Run>
struct Collector;
template <class Slot, class... Arguments>
struct Collector<Slot, void(Arguments...)> {
  using Problem = typename Slot::Problem;
  static std::vector<Problem>& seen() {
    static std::vector<Problem> problems;
    return problems;
  }
  static Refusal refuses(const Problem& p, const Context&) {
    if (std::find(seen().begin(), seen().end(), p) == seen().end()) seen().push_back(p);
    return "it only looks";
  }
  static void run(Arguments...) { throw std::logic_error("a collector runs nothing"); }
};

template <class... Slots>
void add_collectors() {
  (register_kernel<Slots>(DeviceType::cpu, {"collector", Collector<Slots>::refuses, Collector<Slots>::run},
                          kernels_of(std::string(Slots::name), DeviceType::cpu).front()),
   ...);
}

// Runs the cases of the op, forward and backward, on the CPU. Once a process for an op.
inline void collect(const std::string& op_name) {
  for (const OpCases& op : op_table())
    if (op.name == op_name)
      for (const OpCase& c : op.cases)
        for (const DType dtype : c.dtypes) answer(op, c, dtype, DeviceType::cpu);
}

}  // namespace cresset::test
