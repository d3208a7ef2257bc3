// All ops of the table. A new op adds its list to op_table.cpp.
#pragma once

#include <vector>

#include "support/op_case.h"

namespace cresset::test {

const std::vector<OpCases>& op_table();

}  // namespace cresset::test
