// Shapes and layouts that many ops are tried with.
#pragma once

#include <vector>

#include "support/op_case.h"

namespace cresset::test {

// One operand: every layout, empty, one element, no dimension, large.
struct UnaryPatterns {
  Formula data = kFifths;
  std::vector<DType> dtypes = kFloats;  // of the first case; the others are float32
  bool exact = false;
  bool second = true;
};
std::vector<OpCase> unary_patterns(const UnaryPatterns& p);

// Two operands: besides, broadcast in every way, and a number on the right.
struct BinaryPatterns {
  Formula a = kFifths, b = {.low = -13, .high = 13, .step = 2, .divisor = 5};
  std::vector<DType> dtypes = kFloats;
  bool exact = false;
  bool second = true;
  bool numbers = true;
};
std::vector<OpCase> binary_patterns(const BinaryPatterns& p);

// Adds more cases to a list.
inline void append(std::vector<OpCase>& list, std::vector<OpCase> more) {
  for (OpCase& c : more) list.push_back(std::move(c));
}

}  // namespace cresset::test
