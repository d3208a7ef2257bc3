#include "backend/cuda/cudnn/card.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

namespace cresset::cuda::backend::cudnn {

// Threads and blocks of a multiprocessor, shared memory: the CUDA C++ Programming Guide's table "Technical
// Specifications per Compute Capability". Multiprocessors, L2, clocks (boost; of the memory, half the rate of its data)
// and memory:
//   T4        "NVIDIA Turing GPU Architecture" (WP-09183), data sheet "NVIDIA T4"
//   A100      "NVIDIA A100 Tensor Core GPU Architecture", data sheet of the 40 GB SXM
//   RTX 4090  "NVIDIA Ada GPU Architecture"
//   H100      "NVIDIA H100 Tensor Core GPU Architecture", data sheet of the 80 GB SXM5
//   B200      "NVIDIA Blackwell Architecture Technical Brief", data sheet "DGX B200"
const std::vector<Card>& known_cards() {
  static const auto* const cards = new std::vector<Card>{
      {"Tesla T4", 75, 40, 1024, 16, 65536, 0, 4096, 1590, 5001, 15},
      {"NVIDIA A100-SXM4-40GB", 80, 108, 2048, 32, 166912, 1024, 40960, 1410, 1215, 40},
      {"NVIDIA GeForce RTX 4090", 89, 128, 1536, 24, 101376, 1024, 73728, 2520, 10501, 24},
      {"NVIDIA H100 80GB HBM3", 90, 132, 2048, 32, 232448, 1024, 51200, 1980, 2619, 80},
      {"NVIDIA B200", 100, 148, 2048, 32, 232448, 1024, 129024, 1965, 3996, 180},
  };
  return *cards;
}

const Card& card_for(int sm) {
  const Card* best = &known_cards().front();
  for (const Card& card : known_cards())
    if (card.sm <= sm) best = &card;
  return *best;
}

std::string json(const Card& c) {
  return fmt::format(
      R"({{"deviceVer":{0},"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],)"
      R"("regsPerBlock":65536,"multiProcessorCount":{1},"warpSize":32,"maxSharedMemoryPerBlock":49152,)"
      R"("maxSharedMemoryPerBlockOptin":{2},"reservedSharedMemoryPerBlock":{3},"maxRegistersPerSM":65536,)"
      R"("maxCtasPerSM":{4},"maxThreadsPerBlock":1024,"maxThreadsPerSM":{5},"isTccDriver":0,"supportCoopLaunch":1,)"
      R"("smClockRateKHz":{6},"memClockRateKHz":{7},"l2CacheSize":{8},"deviceName":"{9}","totalGlobalMem":{10},)"
      R"("cudaDeviceId":0,"driverVer":13000,"pciDeviceId":1,"smVersion":{0}}})",
      10 * c.sm, c.multiprocessors, c.shared_memory, c.reserved_shared_memory, c.blocks_per_multiprocessor,
      c.threads_per_multiprocessor, 1000 * c.clock_mhz, 1000 * c.memory_clock_mhz, 1024 * c.l2_cache_kib, c.name,
      std::int64_t{c.memory_gib} << 30);
}

const Descriptor& card_descriptor(int sm) {
  static std::mutex mutex;
  static auto* const made = new std::map<const Card*, Descriptor>;
  const Card& card = card_for(sm);
  const std::scoped_lock lock(mutex);
  if (const auto found = made->find(&card); found != made->end()) return found->second;
  Descriptor d(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  d.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, json(card));
  d.finalize();
  return made->emplace(&card, std::move(d)).first->second;
}

}  // namespace cresset::cuda::backend::cudnn
