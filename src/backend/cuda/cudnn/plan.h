// Plans: how cuDNN would compute a graph on a device.
#pragma once

#include <cresset/extension/kernel.h>

#include <memory>
#include <mutex>

#include "backend/cuda/cudnn/graph.h"

namespace cresset::cuda::backend::cudnn {

// What plans are made for: a device, by a handle of it, or a card that is only described.
struct Target {
  cudnnHandle_t handle = nullptr;
  const Descriptor* card = nullptr;
};

// What an engine may do.
struct Limits {
  bool tf32 = false;
  bool nondeterministic = false;
  std::int64_t workspace = 0;  // bytes
  bool float32 = true;         // the operands are
  bool products = true;        // the graph has some: without, there is nothing that a tensor core takes as tf32
};

// What is known of how a plan computes.
struct PlanTraits {
  std::int64_t workspace = 0;  // bytes
  bool tensor_cores = false;   // computes products on them
  bool transforms = false;     // by a note: computes convolutions with fewer products (Winograd, Fourier)
};

struct Plan : PlanTraits {
  Descriptor descriptor;
  std::string engine;  // "eng38{k2=1,k3=0}": the same for the same engine and settings in every run
  std::string note;    // the same and its workspace, for logs: a call only copies it
  std::mutex running;  // not every engine may be given work by two threads at once
};

// In the order of cuDNN's heuristics, mode A and then its fallback: at most `most` that are finalised and keep the
// limits. Where there is none, `refusal` says why. Failure where cuDNN refuses the graph itself.
std::vector<std::shared_ptr<Plan>> make_plans(const Graph& graph, const Target& target, const Limits& limits,
                                              std::size_t most, Refusal& refusal);

}  // namespace cresset::cuda::backend::cudnn
