#include "support/run_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/driver.h"
#include "support/golden.h"

namespace cresset::test {
namespace {

class Body : public testing::Test {
 public:
  explicit Body(std::function<void()> run) : run_(std::move(run)) {}
  void TestBody() override { run_(); }

 private:
  std::function<void()> run_;
};

}  // namespace

void add_test(const std::string& suite, const std::string& name, std::function<void()> run) {
  testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                        [run = std::move(run)]() -> testing::Test* { return new Body(run); });
}

void add_op(const OpCases& op, const Device& device, const std::function<void()>& after_case) {
  const std::string on = device.is_cpu() ? "" : "." + std::string("cuda");
  for (const OpCase& c : op.cases) {
    for (const DType dtype : c.dtypes)
      add_test("Case", full_name(op, c, dtype) + on, [&op, &c, dtype, device, after_case] {
        check_case(op, c, dtype, device);
        after_case();
      });
    // The large ones are split; which ones those are, a table without answers of PyTorch does not say.
    for (const DType dtype : c.dtypes)
      if ((!c.golden || golden_folder().empty()) && device.is_cpu())
        add_test("Threads", full_name(op, c, dtype), [&op, &c, dtype] { check_threads(op, c, dtype); });
    if (op.differentiable != Differentiable::no && c.grad && c.differences && is_floating_point(c.dtypes.front()))
      add_test("Gradient", op.name + "." + c.name + on, [&op, &c, device] { check_gradients(op, c, device); });
  }
  for (const ErrorCase& c : op.errors)
    add_test("Error", op.name + "." + c.name + on, [&op, &c, device] { check_error(op, c, device); });
}

namespace {

bool has_kernels(const OpCases& op, const Device& device) {
  return op.fused || std::none_of(op.slots.begin(), op.slots.end(),
                                  [&](const std::string& slot) { return kernels_of(slot, device.type).empty(); });
}

void check_kernels(const std::vector<OpCases>& table) {
  for (const Device& device : devices())
    for (const OpCases& op : table)
      for (const std::string& slot : op.slots)
        for (const std::string& kernel : kernels_of(slot, device.type))
          EXPECT_FALSE((reached()[{reach_key(device.type, slot), kernel}].ran.empty()))
              << "no case of the table runs " << slot << " " << kernel;
}

}  // namespace

int run_table(int argc, char** argv, std::vector<OpCases> table) {
  testing::InitGoogleTest(&argc, argv);
  std::size_t cases = 0, run = 0;
  for (const Device& device : devices())
    for (const OpCases& op : table) {
      if (!has_kernels(op, device)) continue;
      add_op(op, device, [&run] { ++run; });
      for (const OpCase& c : op.cases) cases += c.dtypes.size();
    }
  add_test("Reach", "EveryKernel", [&] {
    if (run < cases) GTEST_SKIP() << "only " << run << " of " << cases << " cases were run";
    check_kernels(table);
  });
  return RUN_ALL_TESTS();
}

}  // namespace cresset::test
