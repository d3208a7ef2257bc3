// The table as text: for PyTorch (tools/goldens.py) and for readers (docs/ops.md).
#pragma once

#include <string>

namespace cresset::test {

// All cases that PyTorch is asked about, as tools/goldens.py reads them.
std::string cases_as_json();
// docs/ops.md.
std::string ops_page();

}  // namespace cresset::test
