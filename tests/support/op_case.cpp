#include "support/op_case.h"

namespace cresset::test {

std::string full_name(const OpCases& op, const OpCase& c, DType dtype) {
  return op.name + "." + c.name + "." + std::string(name(dtype));
}

}  // namespace cresset::test
