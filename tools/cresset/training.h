// A training as `cresset train` runs it.
#pragma once

#include <cstdint>
#include <string>

#include "recipe.h"

namespace cresset::program {

// What the result does not depend on.
struct RunOptions {
  std::string data;  // the folder; "": CRESSET_DATA_DIR, or "data"
  bool download = false;
  std::string device = "cpu";
  int threads = 0;  // 0: all cores that this process may use
  int workers = 2;
  std::string checkpoint;                // the file
  std::int64_t checkpoint_every = 2000;  // steps; 0: at the end of epochs only
  std::string log, curve, grid;          // files; "" for none
  std::string resume;                    // the checkpoint to go on from; "" to begin
};

// Trains, tests after each epoch, writes the files, says what it does on standard output. Gives the exit code.
int train(const Recipe& recipe, const RunOptions& options);

}  // namespace cresset::program
