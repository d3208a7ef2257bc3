// Registers every case of the table with GoogleTest. Beside its tests, the program writes the table out:
//   test_cases --dump FILE      the cases, for tools/goldens.py
//   test_cases --ops-page FILE  docs/ops.md
//   test_cases --seeds          runs the problems of the seeds, for CRESSET_LOG=dispatch to print the choices
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>

#include "cases/driver.h"
#include "cases/dump.h"
#include "cases/op_table.h"
#include "cases/reach.h"
#include "cases/seeds.h"

namespace cresset::test {
namespace {

class Body : public testing::Test {
 public:
  explicit Body(std::function<void()> run) : run_(std::move(run)) {}
  void TestBody() override { run_(); }

 private:
  std::function<void()> run_;
};

void add(const std::string& suite, const std::string& name, std::function<void()> run) {
  testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                        [run = std::move(run)]() -> testing::Test* { return new Body(run); });
}

void add_op(const OpCases& op, const Device& device) {
  const std::string on = device.is_cpu() ? "" : "." + std::string("cuda");
  for (const OpCase& c : op.cases) {
    for (const DType dtype : c.dtypes)
      add("Case", full_name(op, c, dtype) + on, [&op, &c, dtype, device] {
        run_where_possible(device, [&] {
          check_case(op, c, dtype, device);
          count_case();
        });
      });
    // The large ones are split.
    for (const DType dtype : c.dtypes)
      if (!c.golden && device.is_cpu())
        add("Threads", full_name(op, c, dtype), [&op, &c, dtype] { check_threads(op, c, dtype); });
    if (op.differentiable != Differentiable::no && c.grad && c.differences && is_floating_point(c.dtypes.front()))
      add("Gradient", op.name + "." + c.name + on,
          [&op, &c, device] { run_where_possible(device, [&] { check_gradients(op, c, device); }); });
  }
  for (const ErrorCase& c : op.errors)
    add("Error", op.name + "." + c.name + on,
        [&op, &c, device] { run_where_possible(device, [&] { check_error(op, c, device); }); });
}

void add_all() {
  std::size_t cases = 0;
  for (const Device& device : devices())
    for (const OpCases& op : op_table()) {
      add_op(op, device);
      for (const OpCase& c : op.cases) cases += c.dtypes.size();
    }
  // Last, since it looks at what the others reached.
  add("Reach", "EveryKernelAndDType", [cases] { check_reach(cases); });
}

int write(const char* path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  return out.flush() ? 0 : 1;
}

}  // namespace
}  // namespace cresset::test

int main(int argc, char** argv) {
  using namespace cresset::test;
  if (argc == 3 && std::strcmp(argv[1], "--dump") == 0) return write(argv[2], cases_as_json());
  if (argc == 3 && std::strcmp(argv[1], "--ops-page") == 0) return write(argv[2], ops_page());
  if (argc == 2 && std::strcmp(argv[1], "--seeds") == 0) return run_seeds();
  testing::InitGoogleTest(&argc, argv);
  add_all();
  return RUN_ALL_TESTS();
}
