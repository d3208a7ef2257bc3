// What the tutorials' programs hold beside the code on their pages: see README.md.
#pragma once

#include <cresset/data.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace tutorial {

// After a snippet: what was printed since the one before is its output.
inline void end_snippet() {
  if (std::getenv("CRESSET_TUTORIAL_MARKS") != nullptr) std::fputs("\f\n", stdout);
  std::fflush(stdout);
}

// In the shortened form, CRESSET_TUTORIAL_SHORT images at the most, and `images` in any case.
inline void shorten(cresset::data::ImageDataset& dataset, std::int64_t images) {
  const char* most = std::getenv("CRESSET_TUTORIAL_SHORT");
  if (most == nullptr) return;
  const std::int64_t count = std::min({dataset.size(), images, static_cast<std::int64_t>(std::atoll(most))});
  dataset.data = dataset.data.narrow(0, 0, count);
  dataset.targets = dataset.targets.narrow(0, 0, count);
}

}  // namespace tutorial
