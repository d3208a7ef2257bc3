// A plan on its way through a stream.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../src/stream.h"
#include "graph.h"

namespace cudasim::cudnn {

struct VariantPack {
  std::vector<int64_t> ids;
  std::vector<void*> pointers;
  void* workspace = nullptr;
};

/// Appends the graph to the stream as one piece of work, named after its operations. By-value tensors are read now.
/// False where an earlier error of the device keeps it from being queued; throws Unsupported, or std::invalid_argument,
/// where the pack does not fit the graph.
bool append_graph(CUstream_st& stream, std::shared_ptr<const Graph> graph, const VariantPack& pack,
                  size_t workspace_bytes);

}  // namespace cudasim::cudnn
