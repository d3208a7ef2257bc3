// Bugs planted on purpose, each with a neighbour that is right. A bug is a function of its own; `wrong` says which of
// the two runs.
#pragma once

#include <cuda_runtime.h>
#include <cudasim.h>

#include "common/launch.cuh"
#include "common/shared.cuh"

namespace cresset::kernels::planted {

/// Which build finds it.
enum class Build { kPlain, kAddress, kThread };

struct Bug {
  const char* name;
  Build build;
  const char* reported;  // what the output says of it
  const char* where;     // and what else it names
  bool in_every_seed;    // or in at least one, because it depends on the order of streams
  void (*run)(bool wrong);
};

void missing_barrier(bool wrong);
void race_between_blocks(bool wrong);
void global_off_by_one(bool wrong);
void shared_off_by_one(bool wrong);
void wrong_shuffle_mask(bool wrong);
void lane_left_out(bool wrong);
void uninitialised_shared(bool wrong);
void missing_event(bool wrong);
void host_read(bool wrong);
void use_after_free(bool wrong);
void double_free(bool wrong);
void leak(bool wrong);
void too_many_threads(bool wrong);
void too_much_shared(bool wrong);
void over_launch_bounds(bool wrong);
void divergent_barrier(bool wrong);
void misaligned_load(bool wrong);
void freed_on_another_stream(bool wrong);

inline constexpr Bug kBugs[] = {
    {"missing_barrier", Build::kThread, "data race", "add_neighbour", true, missing_barrier},
    {"race_between_blocks", Build::kThread, "data race", "count_blocks", true, race_between_blocks},
    {"global_off_by_one", Build::kAddress, "heap-buffer-overflow", "scale_all", true, global_off_by_one},
    {"shared_off_by_one", Build::kAddress, "heap-buffer-overflow", "rotate", true, shared_off_by_one},
    {"use_after_free_address", Build::kAddress, "heap-use-after-free", "read_one", true, use_after_free},
    {"host_read_address", Build::kAddress, "use-after-poison", "host_read", true, host_read},
    {"misaligned_load_address", Build::kAddress, "misaligned address", "float4", true, misaligned_load},
    {"wrong_shuffle_mask", Build::kPlain, "cudasim: wrong warp mask", "kernel half_warp_sum<true>, block (0,0,0)", true,
     wrong_shuffle_mask},
    {"lane_left_out", Build::kPlain, "cudasim: wrong warp mask", "kernel broadcast<true>, block (0,0,0)", true,
     lane_left_out},
    {"uninitialised_shared", Build::kPlain, "cudasim: uninitialised read", "kernel partly_filled<true>", true,
     uninitialised_shared},
    {"missing_event", Build::kPlain, "cudasim: missing event", "kernel consume in stream", true, missing_event},
    {"host_read", Build::kPlain, "cudasim: host access to device memory", "byte 12 of an allocation of 256 bytes", true,
     host_read},
    {"use_after_free", Build::kPlain, "cudasim: use after free", "kernel read_one, block (0,0,0), thread (0,0,0)", true,
     use_after_free},
    {"double_free", Build::kPlain, "cudasim: double free", "cudaFree(", true, double_free},
    {"leak", Build::kPlain, "cudasim: leak", "1000 bytes on device 0", true, leak},
    {"too_many_threads", Build::kPlain, "cudasim: launch over a limit", "kernel nothing: block (1025,1,1)", true,
     too_many_threads},
    {"too_much_shared", Build::kPlain, "cudasim: launch over a limit", "kernel nothing: 60000 bytes of dynamic shared",
     true, too_much_shared},
    {"over_launch_bounds", Build::kPlain, "cudasim: launch over a limit", "__launch_bounds__ allow 96", true,
     over_launch_bounds},
    {"divergent_barrier", Build::kPlain, "cudasim: divergent barrier",
     "kernel part_waits<true>, block (0,0,0), thread (0,0,0)", true, divergent_barrier},
    {"misaligned_load", Build::kPlain, "cudasim: misaligned address", "kernel load_four, block (0,0,0), thread (0,0,0)",
     true, misaligned_load},
    {"freed_on_another_stream", Build::kPlain, "cudasim: use after free", "kernel read_slowly", false,
     freed_on_another_stream},
};

}  // namespace cresset::kernels::planted
