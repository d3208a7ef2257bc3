// All that a training needs to go on where it was.
#pragma once

#include <cresset/data/loader_state.h>
#include <cresset/export.h>
#include <cresset/io/safetensors.h>
#include <cresset/random.h>
#include <cresset/state_dict.h>

#include <cstdint>
#include <string>

namespace cresset {

// One safetensors file: the tensors "model.…", "optimizer.…" and "scheduler.…", everything else in the metadata. Saved
// after a step and restored into objects made alike, the training goes on bit for bit as if it had not stopped:
//
//   Checkpoint{.model = net.state_dict(), .optimizer = opt.state_dict(), .generator = default_generator().state(),
//              .epoch = epoch, .step = step, .data = loader.state()}.save("run.safetensors");
//
//   const Checkpoint c = Checkpoint::load("run.safetensors");
//   net.load_state_dict(c.model), opt.load_state_dict(c.optimizer);
//   default_generator().set_state(c.generator), loader.set_state(c.data);
//
// A process that is killed while it saves leaves the checkpoint before.
struct CRESSET_API Checkpoint {
  StateDict model = {};
  StateDict optimizer = {};
  StateDict scheduler = {};
  Generator::State generator = {};
  std::int64_t epoch = 0;       // the one under way, from 0
  std::int64_t step = 0;        // steps done
  data::LoaderState data = {};  // position in the data
  std::string settings = {};    // the program's own words, for instance JSON

  // Throws as cresset::save does.
  void save(const std::string& path) const;
  // Throws as cresset::load does, and FormatError for a file that is no checkpoint.
  static Checkpoint load(const std::string& path, const LoadOptions& options = {});
  // Whether a file that load_metadata() can read is a checkpoint.
  static bool is_checkpoint(const Metadata& metadata);
};

}  // namespace cresset
