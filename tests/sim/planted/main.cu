// Runs one planted bug, or its neighbour, under a range of seeds: planted NAME bug|good FIRST_SEED LAST_SEED
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "planted.h"

int main(int count, char** arguments) {
  using namespace cresset::kernels::planted;
  if (count != 5) return 2;
  const bool wrong = std::strcmp(arguments[2], "bug") == 0;
  for (const Bug& bug : kBugs) {
    if (std::strcmp(bug.name, arguments[1]) != 0) continue;
    for (int seed = std::atoi(arguments[3]); seed <= std::atoi(arguments[4]); ++seed) {
      cudasim::Settings settings;
      settings.seed = static_cast<unsigned>(seed);
      settings.uninitialised = std::strcmp(bug.name, "uninitialised_shared") == 0;
      cudasim::reset(settings);
      std::fprintf(stderr, "seed %d\n", seed);
      bug.run(wrong);
      (void)cudaDeviceSynchronize();
      cudasim::report_leaks();
    }
    return 0;
  }
  return 2;
}
