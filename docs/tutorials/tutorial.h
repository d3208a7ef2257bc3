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

// In the shortened form, CRESSET_TUTORIAL_SHORT images, but at the most `most` and at least `least`.
inline void shorten(cresset::data::ImageDataset& dataset, std::int64_t most, std::int64_t least = 1) {
  const char* wanted = std::getenv("CRESSET_TUTORIAL_SHORT");
  if (wanted == nullptr) return;
  const std::int64_t count = std::clamp(static_cast<std::int64_t>(std::atoll(wanted)), least, most);
  dataset.data = dataset.data.narrow(0, 0, std::min(dataset.size(), count));
  dataset.targets = dataset.targets.narrow(0, 0, std::min(dataset.targets.size(0), count));
}

}  // namespace tutorial
