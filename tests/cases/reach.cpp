#include "cases/reach.h"

#include <cresset/cudnn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "cases/op_table.h"
#include "support/driver.h"

namespace cresset::test {
namespace {

std::size_t run_so_far = 0;

// Slots that have no op in the table, and the room whose tests run their kernels.
struct Elsewhere {
  std::string_view slot, room;
};
constexpr Elsewhere kElsewhere[] = {{"optim.sgd", "optim"},     {"optim.adam", "optim"}, {"grad_unscale", "optim"},
                                    {"random", "ops"},          {"augment", "cuda"},     {"check_range", "cuda"},
                                    {"random.replayed", "cuda"}};

bool is_elsewhere(std::string_view slot) {
  return std::any_of(std::begin(kElsewhere), std::end(kElsewhere), [&](const auto& e) { return e.slot == slot; });
}

std::string to_lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// The kernels of a library that this machine is without stand in the lists, and refuse.
bool is_missing(const KernelInfo& kernel) {
  const auto libraries = cuda::libraries();
  return kernel.device == DeviceType::cuda &&
         std::any_of(libraries.begin(), libraries.end(), [&](const cuda::LibraryInfo& library) {
           return kernel.name == to_lower(library.name) && !library.missing.empty();
         });
}

std::string names(const std::set<DType>& dtypes) {
  std::string text;
  for (const DType dtype : dtypes) text += " " + std::string(name(dtype));
  return text;
}

}  // namespace

void count_case() { ++run_so_far; }

void check_reach(std::size_t cases) {
  if (run_so_far < cases) GTEST_SKIP() << "only " << run_so_far << " of " << cases << " cases were run";
  const std::vector<Device> present = devices();
  for (const KernelInfo& kernel : list_kernels()) {
    const bool can_run =
        std::any_of(present.begin(), present.end(), [&](const Device& device) { return device.type == kernel.device; });
    if (!can_run || is_elsewhere(kernel.slot) || is_missing(kernel)) continue;
    const Reach& reach = reached()[{reach_key(kernel.device, kernel.slot), kernel.name}];
    const std::string what = kernel.slot + " " + kernel.name;
    EXPECT_FALSE(reach.ran.empty()) << "no case of the table runs " << what;
    std::set<DType> never;
    std::set_difference(reach.refused.begin(), reach.refused.end(), reach.ran.begin(), reach.ran.end(),
                        std::inserter(never, never.end()));
    std::printf("%-4s %-40s required: ran %zu, refused %zu; chosen %zu; ran:%s%s%s\n",
                Device(kernel.device).str().substr(0, 4).c_str(), what.c_str(), reach.runs, reach.refusals,
                reach.choices, names(reach.ran).c_str(), never.empty() ? "" : "; never:", names(never).c_str());
  }
  // The last kernel of a list that is no other library's takes what the op takes.
  for (const Device& device : present)
    for (const OpCases& op : op_table())
      for (const std::string& slot : op.slots) {
        auto order = kernels_of(slot, device.type);
        std::erase_if(order, [](const std::string& name) { return name == "cudnn" || name == "cublaslt"; });
        if (op.fused && order.empty()) continue;
        ASSERT_FALSE(order.empty()) << slot;
        const Reach& last = reached()[{reach_key(device.type, slot), order.back()}];
        for (const OpCase& c : op.cases)
          for (const DType dtype : c.dtypes)
            EXPECT_FALSE(last.ran.empty() || (last.refused.contains(dtype) && !last.ran.contains(dtype)))
                << slot << " " << order.back() << " never ran for " << name(dtype);
      }
}

}  // namespace cresset::test
