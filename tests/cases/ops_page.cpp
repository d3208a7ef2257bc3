// docs/ops.md, from the lists of kernels and the table.
#include <cresset/cuda.h>
#include <cresset/dispatch.h>

#include <algorithm>
#include <map>

#include "cases/dump.h"
#include "cases/op_table.h"
#include "support/driver.h"

namespace cresset::test {
namespace {

// In the order of the enumeration, each once.
std::string dtypes_of(const OpCases& op) {
  std::set<DType> all;
  for (const OpCase& c : op.cases) all.insert(c.dtypes.begin(), c.dtypes.end());
  std::string text;
  const auto add = [&](std::string_view one) { text += (text.empty() ? "" : ", ") + std::string(one); };
  if (all.size() == kDTypes) return "all";
  for (const DType dtype : all) add(name(dtype));
  return text;
}

std::string kernels_in_order(const OpCases& op, DeviceType device) {
  if (op.slots.empty()) return "views and other ops";
  std::string text;
  for (const std::string& slot : op.slots) {
    text += (text.empty() ? "" : "; ") + slot + ": ";
    const auto names = kernels_of(slot, device);
    if (op.fused && names.empty()) return "other ops";
    for (std::size_t i = 0; i < names.size(); ++i) text += (i ? ", " : "") + names[i];
  }
  return text;
}

// Devices with kernels for all slots of the op.
std::string devices_of(const OpCases& op) {
  const bool on_cuda = cuda::is_available() && std::ranges::all_of(op.slots, [](const std::string& slot) {
                         return !kernels_of(slot, DeviceType::cuda).empty();
                       });
  return on_cuda ? "cpu, cuda" : "cpu";
}

// A table of its own: only a build with CUDA, real or simulated, can write it.
std::string cuda_kernels() {
  std::map<std::string, std::string> rows;
  for (const KernelInfo& kernel : list_kernels()) {
    if (kernel.device != DeviceType::cuda) continue;
    std::string& row = rows[kernel.slot];
    row += (row.empty() ? "" : ", ") + kernel.name;
  }
  std::string text;
  for (const auto& [slot, names] : rows) text += "| `" + slot + "` | " + names + " |\n";
  return text;
}

}  // namespace

std::string ops_page() {
  std::string page =
      "# Ops\n\n"
      "What there is, for which types, and which kernels run it, in the order in which they are tried: the first that "
      "does not\n"
      "refuse the problem is taken (`CRESSET_LOG=dispatch` shows the choice, and why others refused). The types are "
      "those of the\n"
      "cases in `tests/cases`; mixed types are promoted as in PyTorch. Where an op has a gradient but no second one, "
      "asking for\n"
      "it (`create_graph`) is an error that names the op.\n\n"
      "Written by `tools/ops_table.sh` from the lists of kernels and the case table, in a build with simulated CUDA; a "
      "test\n"
      "compares them.\n\n"
      "| op | types | devices | kernels on cpu | gradient | second gradient |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const OpCases& op : op_table()) {
    const bool first = op.differentiable != Differentiable::no, second = op.differentiable == Differentiable::twice;
    page += "| `" + op.name + "` | " + dtypes_of(op) + " | " + devices_of(op) + " | " +
            kernels_in_order(op, DeviceType::cpu) + " | " + (first ? "yes" : "no") + " | " + (second ? "yes" : "no") +
            " |\n";
  }
  if (cuda::is_available())
    page += std::string(kCudaHeading) + "| part | kernels on cuda |\n| --- | --- |\n" + cuda_kernels();
  return page;
}

}  // namespace cresset::test
