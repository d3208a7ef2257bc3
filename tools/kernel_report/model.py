"""What share of an H100's peak a kernel's tile, instructions and occupancy allow. Computed, never measured.

The terms, each a time in clocks, for a launch of `grid` blocks of `warps` warps, of which a multiprocessor (SM) holds `b`:

    iterations  barriers that a block passes (counted by the simulator) / barriers of the main loop
    issue(b)    iterations * the largest of
                  w * I                         every instruction of the loop takes a slot; w = ceil(b * warps / 4) warps share one
                  w * M * c                     M multiply-adds of c clocks each
                  I + L_shared                  a warp alone: its loop, and shared memory's latency behind the barrier
                  L_global / ahead + L_shared   a slice's way from L2, spread over the slices that are under way
    shared(b)   b * wavefronts of a block (counted by the simulator)
    local       the blocks of the busiest SM, ceil(grid / SMs), taken b at a time: the sum of max(issue(b), shared(b))
    L2          sectors of all blocks (counted by the simulator) * 32 bytes / bytes a clock: as if L1 caught nothing
    DRAM        each operand once / bytes a clock
    time        the largest of local, L2 and DRAM; launches of one call follow one another
    share       multiply-adds of the problem / the device's rate, divided by the time

The instructions before and behind the main loop are not counted: a block's first slice, and the stores of its results.

So the share is at most the least of: issue share, shared-memory share, L2 share, DRAM share, each with the loss by tiles
that stick out of the problem and by the last wave.
"""
import math
from dataclasses import dataclass

# NVIDIA H100 SXM5.
# SMs, lanes, HBM and the two boost clocks, of tensor cores in 16 bits and of all other units: NVIDIA, "H100 Tensor Core GPU
# Architecture", version 1.04. They give its 66.9 TFLOP/s of float32 (132 x 128 x 2 x 1.98 GHz) and 989.4 of dense bfloat16
# (132 x 4096 x 1.83 GHz). Registers, shared memory and warps of an SM: NVIDIA, "Hopper tuning guide".
SMS = 132
CLOCKS = {"float32": 1.98e9, "bfloat16": 1.83e9}
HBM_BYTES = 3.35e12  # a second
FFMA_OF_SM = 128  # multiply-adds a clock
BF16_DENSE_OF_SM = 2048
# L2: NVIDIA gives 5120 bytes a clock for the A100 ("A100 Tensor Core GPU Architecture", version 1.0) and nothing for the H100.
L2_BYTES = 5120
# Latencies in clocks, and the part of the dense rate that mma.sync can have (all of it takes wgmma, which is of sm_90a alone):
# W. Luo et al., "Benchmarking and Dissecting the Nvidia Hopper GPU Architecture via Microbenchmarking", arXiv:2402.13499,
# rounded; the second paper of the same group, arXiv:2501.12084, has the same picture.
LATENCY_SHARED = 30
LATENCY_GLOBAL = 270  # a hit in L2
MMA_SYNC = 0.63
BF16_OF_SM = BF16_DENSE_OF_SM * MMA_SYNC

# Multiply-adds of a warp's instruction, and its clocks in one of the four parts of an SM.
MATH = {
    "FFMA": (32, 1.0),
    "DFMA": (32, 2.0),
    "HMMA.16816": (2048, 4.0 / MMA_SYNC),
    "HMMA.1688": (1024, 2.0 / MMA_SYNC),
    "HMMA.1688.TF32": (1024, 4.0 / MMA_SYNC),
}


def rate_of_sm(dtype):
    return FFMA_OF_SM if dtype == "float32" else BF16_OF_SM


def peak(dtype):
    """In TFLOP/s."""
    return 2 * SMS * rate_of_sm(dtype) * CLOCKS[dtype] / 1e12


def math_kind(loop):
    name, _ = loop.math
    if name != "HMMA":
        return name
    op = next(op for op in loop.operations if op.startswith("HMMA"))
    shape = op.split(".")[1]
    return f"HMMA.{shape}" + (".TF32" if "TF32" in op else "")


@dataclass
class Terms:
    """Shares of the peak, and what they were made of."""

    kernel: str
    blocks: int
    held: int  # by one SM
    registers: int
    tile: float  # multiply-adds of the problem among those that the tiles make
    issue: float
    shared: float
    l2: float
    dram: float
    waves: float
    clocks: float
    conflicts: int
    in_loop_conflicts: int
    sectors_extra: float  # sectors of loads and stores in loops against the ideal
    math_share: float

    @property
    def limit(self):
        terms = {"tile": self.tile, "issue": self.issue, "shared": self.shared, "L2": self.l2, "DRAM": self.dram, "waves": self.waves}
        return min(terms, key=terms.get)


def count(launch, key, **where):
    return sum(s[key] for s in launch["sites"] if all(s[k] == v for k, v in where.items()))


def launch_terms(launch, kernel, held, multiplications, dram_bytes, dtype):
    grid = math.prod(launch["grid"])
    warps = math.ceil(math.prod(launch["block"]) / 32)
    ran = launch["blocks"]
    loop = kernel.loop
    kind = math_kind(loop) if loop else ""
    wavefronts = count(launch, "wavefronts") / ran
    l2_clocks = count(launch, "sectors") / ran * grid * 32 / L2_BYTES
    dram_clocks = dram_bytes * CLOCKS[dtype] / HBM_BYTES
    instructions, per_loop, clocks = 0, 0, 0.0
    if kind:
        instructions, per_loop = loop.instructions, loop.math[1]
        adds, clocks = MATH[kind]
        if loop.barriers:
            iterations = launch["barriers"] / ran / loop.barriers
        else:  # nothing counts them: as many as the problem needs
            iterations = multiplications / (grid * warps * per_loop * adds)
        executed = grid * warps * iterations * per_loop * adds
    else:
        iterations, executed = 0, 0

    def issue(b):
        w = math.ceil(b * warps / 4)
        return iterations * max(
            w * instructions,
            w * per_loop * clocks,
            instructions + LATENCY_SHARED,
            LATENCY_GLOBAL / (loop.copies_ahead if loop else 1) + LATENCY_SHARED,
        )

    of_busiest = math.ceil(grid / SMS)
    held = max(1, held)
    local = 0.0
    for b, times in ((held, of_busiest // held), (of_busiest % held, 1)):
        if b:
            local += times * max(issue(b), b * wavefronts)
    full = min(held, of_busiest)
    math_clocks = iterations * full * warps / 4 * per_loop * clocks
    ideal = multiplications / (SMS * rate_of_sm(dtype))
    wanted, moved = count(launch, "sectors_ideal", in_loop=True), count(launch, "sectors", in_loop=True)
    share = lambda part, whole: part / whole if whole else math.inf
    return Terms(
        kernel=kernel.name,
        blocks=grid,
        held=held,
        registers=kernel.registers,
        tile=min(1.0, share(multiplications, executed)),
        issue=share(math_clocks, issue(full)),
        shared=share(math_clocks, full * wavefronts),
        l2=share(ideal, l2_clocks),
        dram=share(ideal, dram_clocks),
        waves=grid / SMS / of_busiest,
        clocks=max(local, l2_clocks, dram_clocks),
        conflicts=count(launch, "wavefronts") - count(launch, "wavefronts_ideal"),
        in_loop_conflicts=count(launch, "wavefronts", in_loop=True) - count(launch, "wavefronts_ideal", in_loop=True),
        sectors_extra=share(moved, wanted) if wanted else 1.0,
        math_share=per_loop / instructions if instructions else 0.0,
    )


def total_share(terms, multiplications, dtype):
    return multiplications / (SMS * rate_of_sm(dtype)) / sum(t.clocks for t in terms)
