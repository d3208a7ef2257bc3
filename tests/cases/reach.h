// Whether the cases reach all that the machine can run.
#pragma once

#include <cstddef>

namespace cresset::test {

// One case has been run.
void count_case();
// Fails for each kernel that no case ran, and each dtype of an op that no kernel was run for. Skipped where not all
// `cases` were run.
void check_reach(std::size_t cases);

}  // namespace cresset::test
