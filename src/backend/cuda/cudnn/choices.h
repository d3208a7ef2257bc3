// Engines that were measured to be the fastest, in a file: the next run takes the same without measuring.
//
// $CRESSET_CUDNN_CHOICES names it ("off": none is kept), else it is cresset/cudnn_choices.txt in $XDG_CACHE_HOME or
// ~/.cache. A line holds cuDNN's version, the device's name, the problem and the engine; the last one says how many
// there are, so that a file that was cut off is known for one.
#pragma once

#include <string>

#include "backend/cuda/cudnn/plan_cache.h"

namespace cresset::cuda::backend::cudnn {

// "" where there is none. A file that is none of ours, or not whole, is warned of once, on stderr.
std::string stored_choice(const std::string& device, const PlanKey& key);
// Into memory and the file, which is written beside and renamed. One that is none of ours stays as it is. What cannot
// be written is warned of once.
void store_choice(const std::string& device, const PlanKey& key, const std::string& engine);

}  // namespace cresset::cuda::backend::cudnn
