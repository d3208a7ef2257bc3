// Registers every case of the table with GoogleTest. Beside its tests, the program writes the table out:
//   test_cases --dump FILE      the cases, for tools/goldens.py
//   test_cases --ops-page FILE  docs/ops.md
//   test_cases --seeds          runs the problems of the seeds, for CRESSET_LOG=dispatch to print the choices
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iostream>

#include "cases/dump.h"
#include "cases/op_table.h"
#include "cases/reach.h"
#include "cases/seeds.h"
#include "support/driver.h"
#include "support/golden.h"
#include "support/run_table.h"
#include "test_paths.h"

namespace cresset::test {
namespace {

void add_all() {
  std::size_t cases = 0;
  for (const Device& device : devices())
    for (const OpCases& op : op_table()) {
      add_op(op, device, count_case);
      for (const OpCase& c : op.cases) cases += c.dtypes.size();
    }
  // Last, since it looks at what the others reached.
  add_test("Reach", "EveryKernelAndDType", [cases] { check_reach(cases); });
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
  golden_folder() = CRESSET_TEST_DIR "/golden";
  add_all();
  return RUN_ALL_TESTS();
}
