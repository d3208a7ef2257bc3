// Whether the cases reach all that the machine can run.
#pragma once

#include <cresset/device.h>

#include <cstddef>
#include <functional>

namespace cresset::test {

// One case has been run.
void count_case();
// A device that has no kernel yet for something that the case needs: the case is counted and passed over. Everything
// else that body() throws goes on.
void run_where_possible(const Device& device, const std::function<void()>& body);
// Fails for each kernel that no case ran, and each dtype of an op that no kernel was run for. Skipped where not all
// `cases` were run.
void check_reach(std::size_t cases);

}  // namespace cresset::test
