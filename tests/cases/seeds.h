// The heavy problems of the seeds, for the golden of what dispatch takes unforced.
#pragma once

namespace cresset::test {

// One training step of seed 000's network, and an inference with a batch of 1. The exit status.
int run_seeds();

}  // namespace cresset::test
