// The tests of a table of ops, for GoogleTest. For a project of one's own this is all of its main():
//
//   int main(int argc, char** argv) { return cresset::test::run_table(argc, argv, {cube_cases()}); }
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "op_case.h"

namespace cresset::test {

void add_test(const std::string& suite, const std::string& name, std::function<void()> run);

// Adds the tests of one op, which must stay where it is: comparisons with the reference (and PyTorch's answers where
// there is a folder of them), each kernel by name, 1 and 3 threads, numerical gradients, errors. `after_case` is called
// after each comparison.
void add_op(const OpCases& op, const Device& device, const std::function<void()>& after_case);

// All of this for each op on each device of the machine that its slots have kernels for, and at last that every kernel
// of the slots was run. The kernels are registered before. Each slot's last kernel must be called "reference" and
// compute in double: it is what the others are compared with. Gives what main() returns.
int run_table(int argc, char** argv, std::vector<OpCases> table);

}  // namespace cresset::test
