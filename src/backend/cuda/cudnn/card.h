// Cards by their published figures: what cuDNN is told of a device that is not there. The simulator poses as some of
// them; tests make plans for all.
#pragma once

#include <string>
#include <vector>

#include "backend/cuda/cudnn/descriptor.h"

namespace cresset::cuda::backend::cudnn {

struct Card {
  const char* name;
  int sm;  // 90 for compute capability 9.0
  int multiprocessors, threads_per_multiprocessor, blocks_per_multiprocessor;
  int shared_memory, reserved_shared_memory;  // bytes: the most a block may ask for, and what the system takes of it
  int l2_cache_kib;
  int clock_mhz, memory_clock_mhz;
  int memory_gib;
};

const std::vector<Card>& known_cards();
// The newest that is no newer than the compute capability; the oldest where all are.
const Card& card_for(int sm);
// As CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION takes it.
std::string json(const Card& card);
// The card as plans are made for it; kept for ever.
const Descriptor& card_descriptor(int sm);

}  // namespace cresset::cuda::backend::cudnn
